namespace Attune.Engine.Backends;

/// <summary>What the operands of matrix products are rounded to. Sums are F32 in every case, and so is all that is no product.</summary>
public enum ProductType
{
    /// <summary>Operands as they are: binary32.</summary>
    F32,

    /// <summary>Operands rounded to bfloat16 (8 bits of precision, nearest even; subnormal numbers count as 0): twice the speed where the processor has AVX512_BF16.</summary>
    BF16,
}
