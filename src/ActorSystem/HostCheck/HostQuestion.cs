using KataActors.Runtime.Configuration;
using KataActors.Runtime.Hosting;

namespace KataActors.Runtime.HostCheck;

/// <summary>Answers <c>--check</c> and <c>--environment</c>: looks at this host and at the configuration, without a daemon.</summary>
internal static class HostQuestion
{
    /// <summary>Writes the state of this host to standard output.</summary>
    /// <returns>Why no container can run, or null.</returns>
    /// <exception cref="SettingsException">The installed reference configuration has errors.</exception>
    public static string? Check(DaemonOptions options)
    {
        var findings = HostFindings.Judge(HostFactsReader.Read(options));
        StandardStreams.Answer(options.Format == AnswerFormat.Json ? HostReport.Json(findings) : HostReport.Text(findings, all: options.Format == AnswerFormat.Verbose));
        return HostReport.Verdict(findings);
    }

    /// <summary>Writes the runtime's environment to standard output.</summary>
    /// <exception cref="StartupException">The configuration has errors.</exception>
    public static void Environment(DaemonOptions options)
    {
        var facts = HostFactsReader.Read(options);
        if (facts.ConfigurationProblem is { } problem)
        {
            throw new StartupException($"configuration {problem}");
        }

        var document = EnvironmentDocument.Of(facts, options, InstallPaths.OfThisProcess().Prefix);
        StandardStreams.Answer(options.Format == AnswerFormat.Json ? HostReport.Json(document) : TomlText.Of(document));
    }
}
