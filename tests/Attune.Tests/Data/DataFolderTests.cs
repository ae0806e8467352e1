using Attune.Data;

namespace Attune.Tests.Data;

public class DataFolderTests : TempFiles
{
    private string Folder(params string[] names) => Path.GetDirectoryName(names.Append("README.md").Select(n => Write(n, "{}")).ToList()[0])!;

    [Theory]
    [InlineData("train.jsonl valid.jsonl test.jsonl", "train.jsonl", "valid.jsonl", "test.jsonl")]
    [InlineData("a_Train-00001.json.gz a_Train-00000.json.gz dev.csv", "a_Train-00000.json.gz a_Train-00001.json.gz", "dev.csv", "")]
    [InlineData("Sample_Training_Dataset.csv Sample_Validation_Dataset.csv", "Sample_Training_Dataset.csv", "Sample_Validation_Dataset.csv", "")]
    [InlineData("pqal_train_dev.json other.json", "pqal_train_dev.json", "", "")]
    [InlineData("train.txt other.jsonl contest.jsonl train.bin", "train.txt", "", "")]
    public void Names_say_what_files_are_for(string names, string train, string valid, string test)
    {
        var found = DataFolder.At(Folder(names.Split(' ')));
        string[] Names(IEnumerable<string> files) => [.. files.Select(f => Path.GetFileName(f)!)];
        Assert.Equal(train.Split(' '), Names(found.Train));
        Assert.Equal(valid.Split(' ', StringSplitOptions.RemoveEmptyEntries), Names(found.Valid));
        Assert.Equal(test.Split(' ', StringSplitOptions.RemoveEmptyEntries), Names(found.Test));
    }

    [Theory]
    [InlineData("data.jsonl", "it holds data.jsonl", "name the file")]
    [InlineData("notes.md", "it holds no data files", "give a file")]
    [InlineData("full.train_test.json", "says train and test at once", "data.train and data.test")]
    public void A_folder_that_does_not_say_is_refused(string names, string message, string remedy)
    {
        var problem = Assert.Single(Refused(() => DataFolder.At(Folder(names.Split(' ')))));
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
        Assert.Contains(remedy, problem.Remedy, StringComparison.Ordinal);
    }
}
