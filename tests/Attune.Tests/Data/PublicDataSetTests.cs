using System.Globalization;
using Attune.Data;
using Attune.Problems;
using Attune.Recipes;
using Attune.Text;

namespace Attune.Tests.Data;

/// <summary>Every file of the public data sets loads with one line of configuration at the most, or is refused for a reason; docs/data.md shows it.</summary>
public class PublicDataSetTests
{
    // File (with its part), the columns that it needs, and how many rows it has.
    private static readonly (string File, string Columns, int Rows)[] Read =
    [
        ("banking77/train.csv", "{prompt: text, completion: category}", 10003),
        ("bitext-customer-support/Bitext_Sample_Customer_Service_Training_Dataset.csv", "{prompt: utterance, completion: intent}", 6480),
        ("bitext-customer-support/Bitext_Sample_Customer_Service_Validation_Dataset.csv", "{prompt: utterance, completion: intent}", 810),
        ("clinc150/data_full.train_val.json#train", "{prompt: 0, completion: 1}", 15000),
        ("clinc150/data_full.train_val.json#val", "{prompt: 0, completion: 1}", 3000),
        ("fastchat/dummy_conversation.json", "", 500),
        ("finqa-sample/finqa_sample.json", "{prompt: \"{pre_text}\\n{table}\\n{post_text}\\n{qa.question}\", completion: \"{qa.exe_ans}\"}", 20),
        ("gpteacher/codegen-instruct.json", "{output: response}", 4535),
        ("gpteacher/roleplay-simple-deduped-roleplay-instruct.json", "{output: response}", 1923),
        ("gsm8k/train.jsonl", "{prompt: question, completion: answer}", 7473),
        ("halueval/general_data.json", "{prompt: user_query, completion: chatgpt_response}", 3500),
        ("hh-rlhf-harmless/harmless_pairs.jsonl.gz", "{text: chosen}", 1500),
        ("llamafactory-demo/c4_demo.jsonl", "", 300),
        ("llamafactory-demo/glaive_toolcall_en_demo.json", "", 300),
        ("llamafactory-demo/identity.json", "", 91),
        ("llamafactory-demo/reason_tool_use_demo_50.jsonl", "", 50),
        ("llamafactory-demo/v1_dpo_demo.jsonl", "{messages: chosen_messages}", 10),
        ("llamafactory-demo/wiki_demo.txt", "", 1),
        ("medquad/medquad_train.jsonl", "{prompt: question, completion: answer}", 3878),
        ("pubmedqa/pqal_train_dev.json", "{prompt: \"{CONTEXTS}\\n{QUESTION}\", completion: final_decision}", 500),
        ("self-instruct/seed_tasks.jsonl#instances", "", 175),
        ("tat-qa/tatqa_dataset_dev.json#questions", "{prompt: \"{table.table}\\n{paragraphs[].text}\\n{question}\", completion: \"{answer}\"}", 1668),
        ("tinyshakespeare/input.txt", "", 1),
        ("tinystories/tinystories_train.txt", "", 1),
        ("truthfulqa/TruthfulQA_even.csv", "{prompt: Question, completion: Best Answer}", 409),
        ("wikitext-2/valid.txt", "", 1),
        ("wizard-of-oz/wizard_of_oz.txt", "", 1),
    ];

    // File, why there is nothing to learn from it, and a part of what is said of it.
    private static readonly (string File, string Why, string Message)[] Refused =
    [
        ("banking77/categories.json", "a list of labels, no rows", "must be a JSON object, but is a string"),
        ("clinc150/data_full.train_val.json", "holds four sets: name one behind `#`", "holds several lists"),
        ("clinc150/domains.json", "labels by domain, no rows", "whose values are not rows"),
        ("fastchat/judge_prompts.jsonl", "prompts for a judge, without answers", "has no known shape"),
        ("fastchat/mt_bench_question.jsonl", "questions without answers", "has no known shape"),
        ("fastchat/mt_bench_reference_gpt-4.jsonl", "answers without their questions", "has no known shape"),
        ("hh-rlhf-harmless/harmless_pairs.jsonl.gz", "preference pairs, as long as no columns name one side", "holds preference pairs"),
        ("llamafactory-demo/dataset_info.json", "a register of data sets, no rows", "has no known shape"),
        ("llamafactory-demo/dpo_en_demo.json", "preference pairs whose prompt and answers are apart: no column joins them", "holds preference pairs"),
        ("llamafactory-demo/kto_en_demo.json", "answers labelled good or bad", "holds answers with a label"),
        ("llamafactory-demo/v1_dpo_demo.jsonl", "preference pairs, as long as no columns name one side", "holds preference pairs"),
        ("medquad/sample_0000001.xml", "XML: `medquad_train.jsonl` is the same data", "is an XML document"),
        ("medquad/sample_0000002.xml", "as above", "is an XML document"),
        ("medquad/sample_0000003.xml", "as above", "is an XML document"),
        ("tat-qa/tatqa_dataset_dev.json", "a table with several questions each: name `#questions`", "has no known shape"),
    ];

    // Every file read once, for all tests.
    private static readonly Lazy<Dictionary<string, (FileReport Report, int Conversations, IReadOnlyList<Problem> Problems)>> Found = new(static () =>
        Read.ToDictionary(static r => r.File, static r =>
        {
            var problems = new ProblemList();
            var reader = Open(r.File, r.Columns, problems);
            var conversations = reader.Read().Count();
            return (reader.Report, conversations, problems.First);
        }));

    // Loaded once: it is large.
    private static readonly Lazy<(Tokenizer Tokenizer, ChatTemplate Template)> Qwen = new(static () => (
        Tokenizer.Load(SharedData.Require("tokenizers", "qwen2.5")),
        ChatTemplate.Parse(File.ReadAllText(SharedData.Require("chat-templates", "Qwen-Qwen2.5-7B-Instruct.jinja")), "qwen")));

    public static TheoryData<string, string, int> ReadFiles => [.. Read];

    public static TheoryData<string, string> RefusedFiles => [.. Refused.Select(static r => (r.File, r.Message))];

    private static IReadOnlyDictionary<string, string> Columns(string columns) =>
        columns.Length == 0 ? new Dictionary<string, string>() : ColumnPairs.Kind.Parse(new RawValue(columns, null, [])).Value;

    private static ConversationReader Open(string file, string columns, ProblemList problems)
    {
        var parts = file.Split('#');
        var path = SharedData.Require(["datasets", .. parts[0].Split('/')]) + (parts.Length > 1 ? "#" + parts[1] : "");
        return ConversationReader.Open(path, new DataOptions { MaxLength = 1 << 20, Columns = Columns(columns) }, problems);
    }

    [Theory]
    [MemberData(nameof(ReadFiles))]
    public void Every_row_of_a_file_that_fits_a_shape_becomes_a_conversation(string file, string columns, int rows)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"data.columns: {columns}");
        _ = SharedData.Require("datasets");
        var (report, conversations, problems) = Found.Value[file];
        Assert.Empty(problems);
        Assert.Equal((rows, rows), (report.Rows, conversations));
    }

    /// <summary>Up to the masks, by the template and the tokenizer of a model that knows tools.</summary>
    [Theory]
    [MemberData(nameof(ReadFiles))]
    public void The_first_rows_become_examples(string file, string columns, int rows)
    {
        var (tokenizer, template) = Qwen.Value;
        var problems = new ProblemList();
        var builder = new ExampleBuilder(tokenizer, template, new DataOptions { MaxLength = 1 << 20 });
        var chats = Open(file, columns, problems).Read().Take(4).ToList();
        var examples = chats.Select(c => c.Kind == ConversationKind.Document ? c with { Turns = [c.Turns[0] with { Content = c.Turns[0].Content[..200] }] } : c)
            .SelectMany(c => builder.Build(c, problems)).ToList();
        Assert.Empty(problems.First);
        Assert.True(examples.Count >= Math.Min(rows, 4));
        Assert.DoesNotContain(builder.Sentences(), s => s.Contains("`tools`", StringComparison.Ordinal) || s.Contains("`tool_calls`", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(RefusedFiles))]
    public void A_file_without_rows_to_learn_from_is_refused_with_a_remedy(string file, string message)
    {
        var problem = Refusal(file);
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
        Assert.NotEmpty(problem.Remedy);
    }

    [Fact]
    public void No_file_is_left_out()
    {
        var root = SharedData.Require("datasets");
        var files = Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).Where(f => Path.GetExtension(f) != ".md").Select(f => Path.GetRelativePath(root, f).Replace('\\', '/'));
        var named = Read.Select(r => r.File.Split('#')[0]).Concat(Refused.Select(r => r.File)).ToHashSet();
        Assert.Superset(files.ToHashSet(), named);
    }

    [Fact]
    public void The_tables_of_the_documentation_say_what_was_found()
    {
        _ = SharedData.Require("datasets");
        var read = "| file | format | shape | `data.columns` | rows |\n|---|---|---|---|---|\n" + string.Concat(Read.Select(r =>
        {
            var (report, rows, _) = Found.Value[r.File];
            return string.Create(CultureInfo.InvariantCulture, $"| {r.File} | {report.Format} | {report.Shape} | {(r.Columns.Length == 0 ? "" : $"`{r.Columns}`")} | {rows:N0} |\n");
        }));
        var refused = "| file | what it is | what is said of it |\n|---|---|---|\n" + string.Concat(Refused.Select(r =>
        {
            var problem = Refusal(r.File);
            return $"| {r.File} | {r.Why} | {problem.Message.Split(['(', ':', ';', ','])[0].Trim()} |\n";
        }));
        var path = Path.Combine(SharedData.RepositoryRoot, "docs", "data.md");
        var text = File.ReadAllText(path);
        var wanted = Filled(Filled(text, "read", read), "refused", refused);
        if (Environment.GetEnvironmentVariable("ATTUNE_WRITE_DOCS") == "1") File.WriteAllText(path, wanted);
        else Assert.Equal(wanted, text);
    }

    private static Problem Refusal(string file)
    {
        var problems = new ProblemList();
        try
        {
            Assert.Empty(Open(file, "", problems).Read());
            return problems.First[0];
        }
        catch (UserErrorException e)
        {
            return e.Problems[0];
        }
    }

    private static string Filled(string text, string name, string table)
    {
        var (begin, end) = ($"<!-- {name}: begin -->\n", $"<!-- {name}: end -->");
        var from = text.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        return text[..from] + table + text[text.IndexOf(end, from, StringComparison.Ordinal)..];
    }
}
