using Attune.Problems;
using Attune.Recipes;
using Attune.Search;

namespace Attune.Tests.Recipes;

public sealed class SearchSpaceKeysTests : IDisposable
{
    private readonly RecipeFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_space_is_read_with_its_conditions()
    {
        var space = Read("""
            search:
              space:
                train.learning_rate: {from: 1e-5, to: 1e-2, scale: log}
                method.rank: {choices: [4, 08, 16], when: {method.kind: [lora, dora]}}
                method.kind: {choices: [lora, dora, full]}
                train.batch_tokens: {from: 256, to: 4096, step: 256}
                method.targets: {choices: [all-linear, [q_proj, v_proj], "[k_proj, o_proj]"], when: {method.kind: lora}}
              trials: 5
            """).Search.Space;
        Assert.Equal(new SpaceEntry("train.learning_rate") { From = 1e-5, To = 1e-2, IsLog = true, Problems = space[0].Problems, Choices = space[0].Choices }, space[0]);
        Assert.Equal(["4", "8", "16"], space[1].Choices);
        Assert.Equal(("method.kind", "lora dora"), (space[1].When!.Value.Key, string.Join(' ', space[1].When!.Value.Values)));
        Assert.True(space[3].IsWhole);
        Assert.Equal(["all-linear", "[q_proj, v_proj]", "[k_proj, o_proj]"], space[4].Choices);
    }

    /// <summary>Every problem at once, each with the key that it is about.</summary>
    [Fact]
    public void All_problems_are_said_at_once()
    {
        var said = Assert.Throws<UserErrorException>(() => Read("""
            search:
              space:
                train.lerning_rate: {from: 1e-5, to: 1e-2}
                train.epochs: {from: 3, to: 1}
                train.clip: {from: 0, to: 1, scale: log}
                method.rank: {choices: [4, many]}
                method.kind: {from: 1, to: 2}
                train.warmup: {from: 0, to: 0.5, setp: 0.1}
                method.alpha: {choices: [8, 16], when: {train.schedule: constant}}
                method.dropout: {from: 0, to: 0.5, when: {train.optimizer: adamw9}}
                train.schedule: {choices: [linear]}
                train.neftune: {from: 0, to: 5, step: 6}
                eval.rows: {choices: [1, 2]}
                train.seed: {choices: [1, 2]}
                train.patience: {from: 0.5, to: 4}
            """)).Problems.Select(static p => p.ToString()).ToList();
        string[] expected =
        [
            "train.lerning_rate: unknown key train.lerning_rate (did you mean train.learning_rate?)", "train.epochs: the range goes from 3 to 1", "train.clip: the logarithm of 0 does not exist",
            "method.rank: expected a whole number from 1 to 4096, or auto, found 'many'", "method.kind: takes lora, dora", "train.warmup: setp is none of", "did you mean step?",
            "method.alpha: when: constant is none of the choices", "method.dropout: when: train.optimizer: expected adamw or adamw8, or auto, found 'adamw9'",
            "train.schedule: expected a list of two or more choices", "train.neftune: step: expected a number above 0 and at most the width", "eval.rows: decides what is measured",
            "train.seed: decides which rows are split off", "train.patience: from: expected a whole number",
        ];
        Assert.All(expected, e => Assert.Contains(said, s => s.Contains(e, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("method.rank: {choices: [4, 8], when: {method.kind: lora}}", "method.kind is not in the space")]
    [InlineData("method.rank: {choices: [4, 8]}, method.kind: {choices: [lora, full]}", "has no effect where method.kind is full, because method.kind full has no rank")]
    [InlineData("train.from_scratch: {choices: [false, true]}", "random weights cannot be tuned by an adapter")]
    [InlineData("method.rank: {choices: [4, 8], when: {method.init: random}}, method.init: {choices: [random, pissa], when: {method.rank: 4}}", "depends on itself")]
    [InlineData("method.rank: {choices: [4, 4]}", "the choice 4 is given twice")]
    [InlineData("method.rank: 4", "expected a range")]
    [InlineData("method.rank: {from: 4}", "to is missing")]
    [InlineData("method.rank: {from: 4, to: 8, choices: [4, 5]}", "from belongs to a range")]
    public void What_cannot_be_together_is_refused(string space, string expected) =>
        Assert.Contains(expected, Assert.Throws<UserErrorException>(() => Read($"search: {{space: {{{space}}}}}")).Message, StringComparison.Ordinal);

    /// <summary>Trials are compared on the same tokens of the same rows, whatever else a key is good for.</summary>
    [Theory]
    [InlineData("data.split_seed: {choices: [1, 2]}", "decides what is measured")]
    [InlineData("data.max_length: {from: 64, to: 512}", "a trial that measures fewer or easier ones would win by that")]
    [InlineData("data.truncation: {choices: [drop, prompt-left]}", "decides what is measured")]
    [InlineData("data.template: {choices: [auto, chatml]}", "decides what is measured")]
    [InlineData("data.format: {choices: [completion, text]}", "decides what is measured")]
    [InlineData("data.valid_fraction: {from: 0.1, to: 0.2}", "decides what is measured")]
    [InlineData("objective.compare: {choices: [none, none]}", "where a result goes")]
    [InlineData("guard.parity: {choices: [true, false]}", "where a result goes")]
    [InlineData("train.threads: {choices: [1, 2]}", "changes no result")]
    [InlineData("limits.time: {choices: [1m, 2m]}", "changes no result")]
    public void What_decides_no_result_is_no_part_of_a_space(string space, string expected) =>
        Assert.Contains(expected, Assert.Throws<UserErrorException>(() => Read($"search: {{space: {{{space}}}}}")).Message, StringComparison.Ordinal);

    [Fact]
    public void Seeds_can_be_varied_where_they_do_not_decide_the_rows_held_out() =>
        Assert.Single(Read("data.split_seed: 3\nsearch: {space: {train.seed: {choices: [1, 2]}}}").Search.Space);

    [Fact]
    public void Rows_to_compare_on_must_be_there() =>
        Assert.Contains("no validation rows", Assert.Throws<UserErrorException>(() => Read("data.valid_fraction: 0\nsearch: {space: {method.rank: {choices: [4, 8]}}}")).Message, StringComparison.Ordinal);

    /// <summary>The recipe's words are those of the tables that give them a meaning.</summary>
    [Fact]
    public void Words_are_those_of_the_tables()
    {
        Assert.Equal(Samplers.All.Select(static s => s.Name), RecipeKeys.Find("search.sampler")!.Words);
        Assert.Equal(Pruners.All.Select(static p => p.Name), RecipeKeys.Find("search.pruner")!.Words);
    }

    private Recipe Read(string more) => folder.Read(RecipeFolder.Minimal + more);
}
