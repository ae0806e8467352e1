namespace Attune.Recipes;

/// <summary>What a key of the recipe decides: which keys may differ between runs that are compared, or between two parts of one run, follows from it.</summary>
public enum KeyRole
{
    /// <summary>What is learned: the model that comes out.</summary>
    Result,

    /// <summary>What is measured: which rows, which tokens of them, and by what. The model may depend on it too.</summary>
    Measured,

    /// <summary>What becomes of a result, or is said of it: where it is written, what it is held against.</summary>
    Report,

    /// <summary>The share of the machine that a run has; no result depends on it beyond rounding.</summary>
    Machine,
}
