using KataActors.Runtime.Hosting;

return OwnLimits.TryRaise() ? await Daemon.RunAsync(args) : 1;
