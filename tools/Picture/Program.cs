using Attune.Picture;

// script -qec "stty cols 104; COMMAND" /dev/null | dotnet run --project tools/Picture -- "TITLE" > picture.svg
const int columns = 104;
if (args.Length != 1)
{
    Console.Error.WriteLine("usage: COMMAND'S OUTPUT | picture TITLE > FILE.svg");
    return 2;
}
var output = new StreamReader(Console.OpenStandardInput(), System.Text.Encoding.UTF8).ReadToEnd();
var screen = new Screen(columns);
screen.Write(output);
Console.OpenStandardOutput().Write(System.Text.Encoding.UTF8.GetBytes(Svg.Draw(screen, args[0])));
return 0;
