using System.Runtime.InteropServices;

namespace Attune.Engine.Backends.Cpu.MachineCode;

/// <summary>
/// Arguments of an emitted tile: c [8 rows, whole vectors] ← α · Σ over pairs of a · b + β · c. One pointer to them is the only
/// argument of the code, so that it hardly matters whose calling convention it follows.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct PairTile
{
    /// <summary>A panel of A: [pairs][8 rows][2], BF16.</summary>
    public void* A;

    /// <summary>Part of a panel of B: [pairs][columns][2], BF16.</summary>
    public void* B;

    /// <summary>Length of the sum, in pairs of steps; may be 0.</summary>
    public nint Pairs;

    /// <summary>Bytes from pair to pair of B.</summary>
    public nint StepB;

    /// <summary>First element of C, F32.</summary>
    public float* C;

    /// <summary>Bytes from row to row of C.</summary>
    public nint RowC;

    /// <summary>Factor of the sum.</summary>
    public float Alpha;

    /// <summary>Factor of what C held; 0: it is not read.</summary>
    public float Beta;
}
