return await KataActors.Runtime.Hosting.Daemon.RunAsync(args);
