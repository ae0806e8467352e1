using System.Text.RegularExpressions;
using Attune.Engine;
using Attune.Formats;
using Attune.Formats.Gguf;
using Attune.Models;
using Attune.Models.Gguf;
using Attune.Problems;

namespace Attune.Adapters;

/// <summary>
/// LoRA adapters as GGUF files for llama.cpp. There a layer's scale is <c>adapter.lora.alpha</c> over the layer's rank and nothing else; where Attune's
/// scale is another (rsLoRA, an alpha of the layer's own), the rest of it is multiplied into B.
/// </summary>
public static class GgufLora
{
    private const string AlphaKey = "adapter.lora.alpha";

    /// <summary>Writes the file, F32.</summary>
    /// <param name="path">The file; it appears whole or not at all.</param>
    /// <param name="folder">The base that the adapter belongs to.</param>
    /// <param name="adapters">Attached to a decoder of it.</param>
    public static void Write(string path, ModelFolder folder, AdapterSet adapters)
    {
        var architecture = GgufArchitectures.Of(folder);
        var places = Places(architecture, folder);
        var tensors = new Dictionary<string, Action<Stream>>(StringComparer.Ordinal);
        var declared = new List<GgufDeclaration>();
        var alpha = ((LoraOptions)adapters.Options).Alpha;
        foreach (var adapter in adapters.All)
        {
            var place = places[adapter.Layer.Weight.Name];
            var term = adapter.Term(adapter.Layer)!;
            var (a, b) = (term.A.Value, term.B.Value);
            // By this llama.cpp's alpha / rank becomes the true scale; 1 for plain LoRA, so that B goes through unchanged.
            var factor = (double)term.Scale * a.Rows / alpha;
            Declare(place.Name + ".lora_a", a, static (tensor, r, row) => tensor.Row<float>(r).CopyTo(row));
            Declare(place.Name + ".lora_b", b, (tensor, r, row) =>
            {
                tensor.Row<float>(place.IsTurned ? RotaryRows.ToFolder(r, folder.Spec.HeadSize) : r).CopyTo(row);
                if (Math.Abs(factor - 1) > 1e-6)
                    foreach (ref var value in row.AsSpan())
                        value = (float)(value * factor);
            });
        }
        GgufWriter.Write(
            path,
            [
                new("general.architecture", architecture.Name), new("general.type", "adapter"), new("general.name", FileStem.Of(path)),
                new("general.file_type", 0u), new("adapter.type", "lora"), new(AlphaKey, (float)alpha),
            ],
            declared,
            (d, stream) => tensors[d.Name](stream));

        void Declare(string name, Tensor tensor, Action<Tensor, int, float[]> read)
        {
            declared.Add(new GgufDeclaration(name, DType.F32, [tensor.Rows, tensor.Cols]));
            tensors[name] = stream => WeightEncoder.Write(name, tensor.Rows, tensor.Cols, DType.F32, (r, row) => read(tensor, r, row), stream);
        }
    }

    /// <summary>Reads such a file onto a decoder of its base, with the scale that llama.cpp computes.</summary>
    /// <exception cref="UserErrorException">It is no adapter, or not of this base; every tensor that does not fit is named.</exception>
    public static AdapterSet Read(string path, ModelFolder folder, Decoder model)
    {
        using var file = GgufFile.Open(path);
        if (file.Metadata.String("general.type") != "adapter" || file.Metadata.String("adapter.type") != "lora")
            throw new UserErrorException(path, "holds no LoRA adapter", "give a file that attune export --format gguf-lora wrote");
        var architecture = GgufArchitectures.Of(file.Metadata);
        if (architecture.Name != GgufArchitectures.Of(folder).Name)
            throw file.Metadata.Wrong("general.architecture", GgufArchitectures.Of(folder).Name, architecture.Name, "use the base model that the adapter was trained on");
        var places = Places(architecture, folder);
        var alpha = file.Metadata.RequiredNumber(AlphaKey);
        if (alpha is not (>= 1 and <= 1 << 20) || alpha != Math.Floor(alpha))
            throw file.Metadata.Wrong(AlphaKey, "a whole number from 1", $"{alpha}", "scale the adapter's B instead");
        var layers = model.Linears.Where(l => file.Tensors.ContainsKey(places[l.Weight.Name].Name + ".lora_a")).ToList();
        var options = new LoraOptions
        {
            Alpha = (int)alpha,
            Targets = LayerTargets.EndingOn(layers.Select(static l => l.Path)),
            RankPattern = layers.ToDictionary(static l => Regex.Escape(l.Path), l => (int)Math.Clamp(file.Tensors[places[l.Weight.Name].Name + ".lora_a"].Shape[0], 1, 1 << 16)),
        };
        var adapters = options.Attach(model, AdapterSet.Allocate);
        var problems = new List<Problem>();
        foreach (var adapter in adapters.All)
        {
            var place = places[adapter.Layer.Weight.Name];
            var term = adapter.Term(adapter.Layer)!;
            Fill(place.Name + ".lora_a", term.A.Value, static r => r);
            Fill(place.Name + ".lora_b", term.B.Value, r => place.IsTurned ? RotaryRows.ToFile(r, folder.Spec.HeadSize) : r);
        }
        if (file.Tensors.Count != 2 * adapters.All.Count)
            problems.Add(new Problem(path, $"has {file.Tensors.Count} tensors, and {adapters.All.Count} layers of the model take two each", "use the base model that the adapter was trained on"));
        return problems.Count == 0 ? adapters : throw new UserErrorException(problems);

        void Fill(string name, Tensor target, Func<int, int> rowInFile)
        {
            if (!file.Tensors.TryGetValue(name, out var stored) || !stored.Shape.SequenceEqual([target.Rows, target.Cols]))
            {
                problems.Add(new Problem(path, $"the tensor {name} is not there with shape [{target.Rows}, {target.Cols}]", "use the base model that the adapter was trained on"));
                return;
            }
            var mapped = file.Map(stored);
            for (var r = 0; r < target.Rows; r++)
                for (var c = 0; c < target.Cols; c++)
                    target.At<float>(r, c) = (float)mapped.Read(rowInFile(r), c);
        }
    }

    private static Dictionary<string, GgufPlace> Places(GgufArchitecture architecture, ModelFolder folder) =>
        GgufLayout.Of(architecture, folder.Family.Names, folder.Spec, folder.Parameters).ToDictionary(static p => p.Info.Name, StringComparer.Ordinal);
}
