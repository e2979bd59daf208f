using System.Buffers.Binary;
using KataActors.Linux.Guest;
using KataActors.TestSupport;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Runtime.Tests.Storage;

/// <summary>A detached FUSE mount of one directory (linux/fuse.h), whose first question for its attributes hangs until the test answers it.</summary>
internal sealed class SlowFileSystem : IDisposable
{
    private const string Device = "/dev/fuse";
    private const int RequestBuffer = 1 << 20;
    private const uint Init = 26;
    private const uint GetAttributes = 3;
    private const int ReplyHeader = 16;
    private const uint DirectoryMode = 0x41ed;

    private readonly FileStream _device = new(File.OpenHandle(Device, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite), FileAccess.ReadWrite, bufferSize: 0);

    public SlowFileSystem() =>
        Tree = NewFileSystem.Create("fuse", "slow", [$"fd={_device.SafeFileHandle.DangerousGetHandle()}", "rootmode=40000", "user_id=0", "group_id=0"], attributes: 0);

    public static bool IsSupported => File.Exists(Device);

    /// <summary>The mount; the test's.</summary>
    public SafeFileHandle Tree { get; }

    /// <summary>Returns the first question; the process that asked it hangs.</summary>
    public async Task<ulong> HangAsync()
    {
        Answer(await ReadAsync(Init), InitReply());
        return await ReadAsync(GetAttributes);
    }

    /// <summary>Answers the question: it is a directory.</summary>
    public void LetGo(ulong question) => Answer(question, AttributesReply());

    public void Dispose()
    {
        Tree.Dispose();
        _device.Dispose();
    }

    private Task<ulong> ReadAsync(uint operation) => Task.Run(() =>
    {
        var request = new byte[RequestBuffer];
        uint asked;
        do
        {
            _device.ReadAtLeast(request, 1);
            asked = BinaryPrimitives.ReadUInt32LittleEndian(request.AsSpan(4));
        }
        while (asked != operation);

        return BinaryPrimitives.ReadUInt64LittleEndian(request.AsSpan(8));
    }).WaitAsync(Deadline.Span);

    private void Answer(ulong request, byte[] body)
    {
        var reply = new byte[ReplyHeader + body.Length];
        BinaryPrimitives.WriteInt32LittleEndian(reply, reply.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(reply.AsSpan(8), request);
        body.CopyTo(reply, ReplyHeader);
        _device.Write(reply);
    }

    // fuse_init_out: version 7.31, and the least that can be written at once.
    private static byte[] InitReply()
    {
        var reply = new byte[64];
        BinaryPrimitives.WriteUInt32LittleEndian(reply, 7);
        BinaryPrimitives.WriteUInt32LittleEndian(reply.AsSpan(4), 31);
        BinaryPrimitives.WriteUInt32LittleEndian(reply.AsSpan(20), 4096);
        return reply;
    }

    // fuse_attr_out: valid for an hour.
    private static byte[] AttributesReply()
    {
        var reply = new byte[104];
        BinaryPrimitives.WriteUInt64LittleEndian(reply, 3600);
        BinaryPrimitives.WriteUInt64LittleEndian(reply.AsSpan(16), 1);
        BinaryPrimitives.WriteUInt32LittleEndian(reply.AsSpan(76), DirectoryMode);
        BinaryPrimitives.WriteUInt32LittleEndian(reply.AsSpan(80), 1);
        return reply;
    }
}
