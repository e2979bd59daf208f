using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using KataActors.Linux;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Cli.Output;

/// <summary>
/// The file of <c>--log</c>, in runc's formats: containerd and podman show their users the last error of it. Each entry is one write of one
/// line, appended. An entry that cannot be written, because the disk is full, say, is lost: the command's work does not depend on it.
/// </summary>
internal sealed class CommandLog : IDisposable
{
    private const uint Mode = 0b110_100_100;

    private readonly SafeFileHandle _file;
    private readonly bool _json;
    private readonly bool _debug;

    private CommandLog(SafeFileHandle file, bool json, bool debug)
    {
        _file = file;
        _json = json;
        _debug = debug;
    }

    /// <exception cref="LinuxException">It cannot be written, or is no file.</exception>
    public static CommandLog Open(string path, bool json, bool debug) => new(LogFile.Open(path, Mode), json, debug);

    public void Error(string message) => Write("error", message);

    public void Warning(string message) => Write("warning", message);

    public void Debug(string message)
    {
        if (_debug)
        {
            Write("debug", message);
        }
    }

    public void Dispose() => _file.Dispose();

    internal static byte[] Entry(bool json, string level, string message, DateTime utc)
    {
        var time = utc.ToString("yyyy-MM-ddTHH:mm:ss'Z'", CultureInfo.InvariantCulture);
        if (!json)
        {
            return Encoding.UTF8.GetBytes($"time=\"{time}\" level={level} msg=\"{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(message)}\"\n");
        }

        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteString("level", level);
            writer.WriteString("msg", message);
            writer.WriteString("time", time);
            writer.WriteEndObject();
        }

        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }

    private void Write(string level, string message)
    {
        try
        {
            BlockingStreams.Write(_file, Entry(_json, level, message, DateTime.UtcNow));
        }
        catch (LinuxException)
        {
            // The message is on stderr as well.
        }
    }
}
