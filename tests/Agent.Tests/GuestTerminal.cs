using System.Text;

namespace KataActors.Agent.Tests;

/// <summary>The terminal of a <see cref="GuestProcess"/> as a person uses it: types, and looks for text on it.</summary>
internal sealed class GuestTerminal(GuestProcess process)
{
    private readonly StringBuilder _seen = new();
    private ulong _read;
    private ulong _typed;
    private int _looked;

    /// <summary>All that has appeared on it.</summary>
    internal string Text => _seen.ToString();

    internal async Task TypeAsync(string keys)
    {
        var bytes = Encoding.UTF8.GetBytes(keys);
        Assert.Equal((uint)bytes.Length, await process.WriteAsync(_typed, bytes));
        _typed += (ulong)bytes.Length;
    }

    /// <summary>Waits until the text appears after the last one that was found.</summary>
    internal async Task ExpectAsync(string text)
    {
        int at;
        while ((at = Text.IndexOf(text, _looked, StringComparison.Ordinal)) < 0)
        {
            Assert.False(await ReadAsync(), $"the terminal ended without \"{text}\": {Text}");
        }

        _looked = at + text.Length;
    }

    /// <summary>Waits for the end of the output; returns all of it.</summary>
    internal async Task<string> EndAsync()
    {
        while (!await ReadAsync())
        {
        }

        return Text;
    }

    private async Task<bool> ReadAsync()
    {
        var answer = await process.ReadAsync(_read);
        Assert.True(answer.Data.Length > 0 || answer.EndOfStream, $"nothing more appears: {Text}");
        _seen.Append(answer.Data.ToStringUtf8());
        _read += (ulong)answer.Data.Length;
        return answer.EndOfStream;
    }
}
