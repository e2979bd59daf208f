using System.Globalization;
using System.Runtime.InteropServices;
using KataActors.Bench;

using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
try
{
    var options = BenchOptions.Parse(args);
    using var workspace = new Workspace();
    var machine = MachineDescription.Text();
    var measured = await new Measuring(options, workspace, stop.Token).RunAsync();
    var report = Report.Write(options, measured, machine);
    Console.Out.Write(report);
    if (options.Results is { } folder)
    {
        var date = DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(folder).FullName, $"{date}.md"), $"# {date}\n\n{report}");
    }

    return 0;
}
catch (Exception failure) when (failure is not OperationCanceledException || !stop.IsCancellationRequested)
{
    Console.Error.WriteLine($"bench: could not measure: {failure.Message}");
    return 1;
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("bench: interrupted");
    return 1;
}

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stop.Cancel();
}
