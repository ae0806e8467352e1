namespace Attune.Engine.Backends.Cpu;

/// <summary>Work on a run of elements within one row.</summary>
internal interface IRun
{
    /// <summary>Elements col … col + count − 1 of row <paramref name="row"/>.</summary>
    void Run(int row, int col, int count);
}

/// <summary>An F32 matrix in a job.</summary>
internal unsafe readonly struct Plane(Tensor? tensor)
{
    private readonly float* address = tensor is null ? null : (float*)tensor.Address;
    private readonly long pitch = tensor?.Pitch ?? 0;

    public float* At(int row, int col) => address == null ? null : address + row * pitch + col;
}

/// <summary>How element-wise work is cut into tiles of about 16 thousand elements; rows without gaps count as one long row.</summary>
internal readonly struct Sheet
{
    private const int TileElements = 16384;

    private readonly int rows, cols, tileRows, colTiles;

    private Sheet(int rows, int cols)
    {
        (this.rows, this.cols) = (rows, cols);
        colTiles = Math.Max(1, (cols + TileElements - 1) / TileElements);
        tileRows = Math.Max(1, TileElements / Math.Max(cols, 1));
    }

    /// <summary>Runs <paramref name="run"/> over a shape; <paramref name="gapless"/> where every tensor concerned has no gaps.</summary>
    public static void Run<TRun>(TRun run, int rows, int cols, bool gapless, int threads) where TRun : struct, IRun
    {
        if (rows == 0 || cols == 0)
            return;
        var flat = gapless && (long)rows * cols <= int.MaxValue;
        var sheet = flat ? new Sheet(1, rows * cols) : new Sheet(rows, cols);
        var job = new Job<TRun> { Body = run, Sheet = sheet };
        Workers.Shared.Run(ref job, (sheet.rows + sheet.tileRows - 1) / sheet.tileRows * sheet.colTiles, threads);
    }

    private struct Job<TRun> : IJob where TRun : struct, IRun
    {
        public TRun Body;
        public Sheet Sheet;

        public void Tile(int index)
        {
            var row = index / Sheet.colTiles * Sheet.tileRows;
            var col = index % Sheet.colTiles * TileElements;
            var count = Math.Min(TileElements, Sheet.cols - col);
            for (var r = row; r < Math.Min(row + Sheet.tileRows, Sheet.rows); r++)
                Body.Run(r, col, count);
        }
    }
}
