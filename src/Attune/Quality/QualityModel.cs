using Attune.Text;

namespace Attune.Quality;

/// <summary>What of a model decides how rows are read: no weights are needed.</summary>
/// <param name="Tokenizer">Its tokenizer.</param>
/// <param name="Template">The chat template that rules; null for none.</param>
/// <param name="EndIds">Ids that end a text by its configuration.</param>
/// <param name="Positions">Most tokens of a text.</param>
public sealed record QualityModel(Tokenizer Tokenizer, ChatTemplate? Template, IReadOnlyCollection<int> EndIds, int Positions);
