using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Attune.Engine.Backends.Cpu.MachineCode;

/// <summary>Writes the machine code of a tile of BF16 pairs with <c>vdpbf16ps</c>, which .NET has no intrinsic for.</summary>
/// <remarks>
/// Uses registers that neither convention of x64 asks to keep, but for xmm6 … xmm15 on Windows. The instruction takes subnormal
/// operands and results as zero and rounds to nearest, whatever the thread's settings.
/// </remarks>
internal static class TileEmitter
{
    /// <summary>Rows of a tile.</summary>
    public const int Rows = 8;

    private const int VectorBytes = 64;
    private const int PairBytes = 4;

    private static readonly AssemblerRegisterZMM[] zmm =
    [
        zmm0, zmm1, zmm2, zmm3, zmm4, zmm5, zmm6, zmm7, zmm8, zmm9, zmm10, zmm11, zmm12, zmm13, zmm14, zmm15,
        zmm16, zmm17, zmm18, zmm19, zmm20, zmm21, zmm22, zmm23, zmm24, zmm25, zmm26, zmm27, zmm28, zmm29, zmm30, zmm31,
    ];

    private static readonly AssemblerRegisterXMM[] kept = [xmm6, xmm7, xmm8, xmm9, xmm10, xmm11, xmm12, xmm13, xmm14, xmm15];

    // Roles of registers: 24 sums from zmm0, three vectors of B, the broadcast pair of A; at the end the factors. C's address makes
    // room for that of the next panel of A while the sums are made.
    private const int FirstB = 24;
    private const int PairOfA = 27;
    private static readonly AssemblerRegisterZMM alpha = zmm28, beta = zmm29;
    private static readonly AssemblerRegister64 arguments = rax, a = r8, b = r9, pairs = r10, stepB = r11, c = rcx, nextA = rcx, rowC = rdx;

    /// <summary>The code of a tile of <see cref="Rows"/> × <paramref name="vectors"/> · 16 columns, one to three vectors.</summary>
    public static byte[] Tile(int vectors, bool windows)
    {
        var code = new Assembler(64);
        Begin(code, vectors, windows);
        Sums(code, vectors);
        End(code, vectors, windows);
        using var bytes = new MemoryStream();
        code.Assemble(new StreamCodeWriter(bytes), 0);
        return bytes.ToArray();
    }

    private static void Begin(Assembler code, int vectors, bool windows)
    {
        code.mov(arguments, windows ? rcx : rdi);
        if (windows)
        {
            code.sub(rsp, kept.Length * 16 + 8);
            for (var i = 0; i < kept.Length; i++)
                code.movaps(__xmmword_ptr[rsp + i * 16], kept[i]);
        }
        code.mov(a, Argument(nameof(PairTile.A)));
        code.mov(b, Argument(nameof(PairTile.B)));
        code.mov(pairs, Argument(nameof(PairTile.Pairs)));
        code.mov(stepB, Argument(nameof(PairTile.StepB)));
        code.mov(c, Argument(nameof(PairTile.C)));
        code.mov(rowC, Argument(nameof(PairTile.RowC)));
        // The rows of C lie pages apart: their lines are on the way while the sums are made.
        for (var row = 0; row < Rows; row++)
        {
            for (var v = 0; v < vectors; v++)
                code.prefetchw(__byte_ptr[c + v * VectorBytes]);
            code.prefetchw(__byte_ptr[c + (vectors * VectorBytes - 1)]);
            code.add(c, rowC);
        }
        for (var i = 0; i < Rows * vectors; i++)
            code.vpxord(zmm[i], zmm[i], zmm[i]);
    }

    private static void Sums(Assembler code, int vectors)
    {
        Label next = code.CreateLabel(), done = code.CreateLabel();
        code.test(pairs, pairs);
        code.je(done);
        // Panels of A lie one behind the other: the next one comes near while this one is used, which no hardware foresees.
        code.imul(nextA, pairs, Rows * PairBytes);
        code.add(nextA, a);
        code.Label(ref next);
        for (var v = 0; v < vectors; v++)
            code.vmovups(zmm[FirstB + v], __zmmword_ptr[b + v * VectorBytes]);
        for (var row = 0; row < Rows; row++)
        {
            code.vpbroadcastd(zmm[PairOfA], __dword_ptr[a + row * PairBytes]);
            for (var v = 0; v < vectors; v++)
                code.vdpbf16ps(zmm[row * vectors + v], zmm[PairOfA], zmm[FirstB + v]);
        }
        code.prefetcht0(__byte_ptr[nextA]);
        code.add(nextA, Rows * PairBytes);
        code.add(a, Rows * PairBytes);
        code.add(b, stepB);
        code.dec(pairs);
        code.jne(next);
        code.Label(ref done);
    }

    private static void End(Assembler code, int vectors, bool windows)
    {
        code.mov(c, Argument(nameof(PairTile.C)));
        Label overwrite = code.CreateLabel(), end = code.CreateLabel();
        code.vbroadcastss(alpha, __dword_ptr[arguments + Offset(nameof(PairTile.Alpha))]);
        code.vbroadcastss(beta, __dword_ptr[arguments + Offset(nameof(PairTile.Beta))]);
        code.mov(r8d, __dword_ptr[arguments + Offset(nameof(PairTile.Beta))]);
        // Without its sign bit: β is 0 or −0.
        code.add(r8d, r8d);
        code.je(overwrite);
        Store(code, vectors, addToC: true);
        code.jmp(end);
        code.Label(ref overwrite);
        Store(code, vectors, addToC: false);
        code.Label(ref end);
        if (windows)
        {
            for (var i = 0; i < kept.Length; i++)
                code.movaps(kept[i], __xmmword_ptr[rsp + i * 16]);
            code.add(rsp, kept.Length * 16 + 8);
        }
        code.vzeroupper();
        code.ret();
    }

    private static void Store(Assembler code, int vectors, bool addToC)
    {
        for (var row = 0; row < Rows; row++)
        {
            for (var v = 0; v < vectors; v++)
            {
                var sum = zmm[row * vectors + v];
                code.vmulps(sum, sum, alpha);
                if (addToC)
                    code.vfmadd231ps(sum, beta, __zmmword_ptr[c + v * VectorBytes]);
                code.vmovups(__zmmword_ptr[c + v * VectorBytes], sum);
            }
            code.add(c, rowC);
        }
    }

    private static AssemblerMemoryOperand Argument(string field) => __qword_ptr[arguments + Offset(field)];

    private static int Offset(string field) => (int)System.Runtime.InteropServices.Marshal.OffsetOf<PairTile>(field);
}
