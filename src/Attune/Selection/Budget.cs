using System.Globalization;
using Attune.Problems;

namespace Attune.Selection;

/// <summary>What a budget counts.</summary>
internal enum BudgetUnit
{
    /// <summary>Rows.</summary>
    Rows,

    /// <summary>Hundredths of the rows that may be chosen.</summary>
    Percent,

    /// <summary>Tokens, those of prompts and of the template too.</summary>
    Tokens,
}

/// <summary>How much is kept: <c>500</c> rows, <c>30%</c> of them, or as many as fit into <c>20000t</c> tokens.</summary>
/// <param name="Amount">How many of the unit, above 0.</param>
/// <param name="Unit">The unit.</param>
internal sealed record Budget(double Amount, BudgetUnit Unit)
{
    private string Place => $"--keep {this}";

    /// <summary>Reads a budget.</summary>
    /// <param name="text">As it was given.</param>
    /// <param name="option">The option that it is of, for messages.</param>
    /// <exception cref="UserErrorException">It is none.</exception>
    public static Budget Parse(string text, string option = "--keep")
    {
        var (number, unit) = text.Trim() switch
        {
            [.. var n, '%'] => (n, BudgetUnit.Percent),
            [.. var n, 't' or 'T'] => (n, BudgetUnit.Tokens),
            var n => (n, BudgetUnit.Rows),
        };
        var style = unit == BudgetUnit.Percent ? NumberStyles.AllowDecimalPoint : NumberStyles.None;
        if (!double.TryParse(number, style, CultureInfo.InvariantCulture, out var amount) || !(amount > 0) || amount > (unit == BudgetUnit.Percent ? 100 : int.MaxValue))
            throw new UserErrorException($"{option} {text}", "expected a number of rows, a share above 0 % and up to 100 %, or a number of tokens", "write 500, 30% or 20000t");
        return new Budget(amount, unit);
    }

    /// <summary>Refuses more than there is, and less than a row.</summary>
    /// <exception cref="UserErrorException">It does not fit the rows.</exception>
    public void Require(IReadOnlyList<SelectionRow> rows)
    {
        var tokens = rows.Sum(static r => (long)r.Tokens);
        if (Unit == BudgetUnit.Rows && Amount > rows.Count)
            throw new UserErrorException(Place, $"there are only {rows.Count} rows to choose from", "give fewer, or a share of them");
        if (Unit == BudgetUnit.Tokens && Amount > tokens)
            throw new UserErrorException(Place, $"the {rows.Count} rows to choose from have only {tokens} tokens", "give fewer, or a share of the rows");
        if (Unit == BudgetUnit.Tokens && Amount < rows.Min(static r => r.Tokens))
            throw new UserErrorException(Place, $"not one row would be kept: the shortest has {rows.Min(static r => r.Tokens)} tokens", "give more");
    }

    /// <summary>The rows that are kept of an order: the first of it; of tokens as long as the next row fits.</summary>
    /// <param name="order">Rows by index, the best first; it is not read further than needed.</param>
    /// <param name="rows">All rows that may be chosen.</param>
    public IReadOnlyList<int> Take(IEnumerable<int> order, IReadOnlyList<SelectionRow> rows)
    {
        if (Unit != BudgetUnit.Tokens)
            return [.. order.Take(RowsOf(rows.Count))];
        var left = (long)Amount;
        return [.. order.TakeWhile(row => (left -= rows[row].Tokens) >= 0)];
    }

    /// <summary>Rows that it is of <paramref name="count"/>, where it does not count tokens: at least one.</summary>
    public int RowsOf(int count) => Unit == BudgetUnit.Rows ? Math.Min(count, (int)Amount) : Math.Max(1, (int)Math.Round(count * Amount / 100, MidpointRounding.AwayFromZero));

    /// <summary>As it is written.</summary>
    public override string ToString() => Amount.ToString(CultureInfo.InvariantCulture) + Unit switch
    {
        BudgetUnit.Percent => "%",
        BudgetUnit.Tokens => "t",
        _ => "",
    };
}
