using KataActors.Runtime.Hosting;

return OpenFiles.TryRaiseLimit() ? await Daemon.RunAsync(args) : 1;
