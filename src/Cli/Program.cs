using KataActors.Cli;
using KataActors.Cli.Output;
using KataActors.Linux;

try
{
    // The caller's open descriptors must not reach the stand-in and the daemon, which outlive this command.
    DescriptorHygiene.MarkInheritedCloseOnExec();
    DescriptorHygiene.FillStandardNumbers();
}
catch (LinuxException failure)
{
    // No descriptor is left to it.
    return ErrorReport.Write(failure, null);
}

return CommandLine.Run(args);
