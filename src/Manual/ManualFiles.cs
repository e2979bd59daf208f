namespace KataActors.Manual;

/// <summary>The files below the installation's root.</summary>
internal static class ManualFiles
{
    /// <summary>Each file's path and text.</summary>
    public static IEnumerable<(string Path, string Text)> Of(CommandEntry root) =>
    [
        .. root.All().Select(command => ($"share/man/man8/{ManPage.NameOf(command)}.8", ManPage.Write(command, root))),
        ("share/bash-completion/completions/kata-actors", BashCompletion.Write(root)),
        ("share/zsh/site-functions/_kata-actors", ZshCompletion.Write(root)),
        ("share/fish/vendor_completions.d/kata-actors.fish", FishCompletion.Write(root)),
    ];
}
