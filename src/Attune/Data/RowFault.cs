namespace Attune.Data;

/// <summary>What kind of fault keeps a record from being learned, whatever the words in which a problem says it.</summary>
internal enum RowFault
{
    /// <summary>A field does not hold what it must.</summary>
    Content,

    /// <summary>The record cannot be read: no JSON, no UTF-8, too few cells.</summary>
    Record,

    /// <summary>The record has other fields than the shape of its file.</summary>
    Fields,

    /// <summary>An answer, or a whole text, is empty.</summary>
    Empty,
}
