using Attune.Data;

namespace Attune.Quality;

/// <summary>What a scan of data files found.</summary>
/// <param name="Files">The files that were looked at, as they were detected.</param>
/// <param name="Evaluation">The evaluation files beside them.</param>
/// <param name="Rows">Records that were looked at, those that cannot be read too; evaluation rows are not among them.</param>
/// <param name="Bytes">Bytes that were read, unpacked, of all files.</param>
/// <param name="Findings">One a check, in the order of <see cref="QualityChecks"/>.</param>
/// <param name="Warnings">What else a user should know of the files, one sentence each.</param>
public sealed record QualityReport(
    IReadOnlyList<FileReport> Files, IReadOnlyList<FileReport> Evaluation, long Rows, long Bytes, IReadOnlyList<QualityFinding> Findings, IReadOnlyList<string> Warnings);

/// <summary>What one check found.</summary>
/// <param name="Check">Its name.</param>
/// <param name="Title">What it looks for.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Rows">Rows that are concerned.</param>
/// <param name="Share">Their share of all rows, from 0 to 1.</param>
/// <param name="Text">One sentence.</param>
/// <param name="Figures">Numbers by name.</param>
/// <param name="Tables">Counts by label.</param>
/// <param name="Examples">The first rows that are concerned.</param>
/// <param name="Remedies">What <c>attune data clean --remedy</c> takes for it.</param>
public sealed record QualityFinding(
    string Check, string Title, QualitySeverity Severity, long Rows, double Share, string Text,
    IReadOnlyList<(string Name, double Value)> Figures, IReadOnlyList<QualityTable> Tables,
    IReadOnlyList<QualityExample> Examples, IReadOnlyList<string> Remedies);

/// <summary>A row that is concerned.</summary>
/// <param name="Place">File, row, and line where that is another number.</param>
/// <param name="Why">What is the matter with it.</param>
/// <param name="Prompt">How it begins: what is asked.</param>
/// <param name="Answer">How the answer begins.</param>
/// <param name="Other">The row that it is held against; null for none.</param>
public sealed record QualityExample(string Place, string Why, string Prompt, string Answer, QualityExample? Other = null);
