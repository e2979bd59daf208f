using KataActors.Manual;

if (args is not [var folder])
{
    Console.Error.WriteLine("usage: kata-actors-manual FOLDER");
    return 2;
}

foreach (var (path, text) in ManualFiles.Of(CommandEntry.Root()))
{
    var file = Path.Combine(folder, path);
    Directory.CreateDirectory(Path.GetDirectoryName(file)!);
    File.WriteAllText(file, text);
}

return 0;
