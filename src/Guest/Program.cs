using KataActors.Guest;

return GuestCommand.Run(args, Console.Error);
