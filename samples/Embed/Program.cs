// Tunes the model that comes with the repository and talks to the result. Run it from the repository's root:
//   dotnet run -c Release --project samples/Embed -- [steps [folder of the run]]
using Attune;
using Attune.Recipes;
using Microsoft.Extensions.AI;

var recipe = new Recipe
{
    Model = "models/attune-base",
    Data = new() { Train = ["recipes/data/support/train.jsonl"], Test = ["recipes/data/support/test.jsonl"] },
    Train = new() { MaxSteps = args.Length > 0 ? int.Parse(args[0]) : 100, EvalEvery = 50 },
    Eval = new() { Rows = 32, Metrics = ["label:intent: ([a-z_]+)", "loss"] },
    Output = args.Length > 1 ? args[1] : null,
};

var tuned = await FineTune.RunAsync(recipe, new Progress<FineTuneProgress>(p =>
{
    if (p.ValidationLoss is not null || p.Stage == "plan")
        Console.WriteLine(p.Message);
}));
foreach (var change in tuned.Metrics)
    Console.WriteLine($"{change.Name}: {change.Before:F3} before, {change.After:F3} after");

using IChatClient chat = tuned.OpenChat();
await foreach (var piece in chat.GetStreamingResponseAsync("Where is my parcel? It should have been here on Monday."))
    Console.Write(piece.Text);
Console.WriteLine();
