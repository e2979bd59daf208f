using KataActors.Cli;
using KataActors.Linux;

// The caller's open descriptors must not reach the stand-in and the daemon, which outlive this command.
DescriptorHygiene.MarkInheritedCloseOnExec();
DescriptorHygiene.FillStandardNumbers();
return CommandLine.Run(args);
