namespace Attune.Engine.Backends;

/// <summary>How far a row x is from a row t that it is to become.</summary>
public enum RowDistance
{
    /// <summary>|x − t|² / |t|²: the squared error in the row's own size, which differs by orders of magnitude between the layers of a model.</summary>
    Squared,

    /// <summary>1 − x·t / (|x|·|t|): the direction alone.</summary>
    Cosine,
}

/// <summary>What distances of rows have in common.</summary>
public static class RowDistances
{
    /// <summary>The least |x|² and |t|²: rows of zeros are divided by this.</summary>
    public const float LeastSquare = 1e-20f;
}
