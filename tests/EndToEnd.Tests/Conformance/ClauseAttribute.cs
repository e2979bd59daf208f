using System.Runtime.CompilerServices;

namespace KataActors.EndToEnd.Tests.Conformance;

/// <summary>A test of one clause of the OCI runtime specification, which is its name; <c>docs/conformance.md</c> lists them all.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ClauseAttribute : FactAttribute
{
    public ClauseAttribute(string id, [CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1)
        : base(sourceFilePath, sourceLineNumber)
    {
        Id = id;
        DisplayName = id;
    }

    public string Id { get; }
}
