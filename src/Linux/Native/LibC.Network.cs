using System.Runtime.InteropServices;

namespace KataActors.Linux.Native;

/// <content>Addresses of networks.</content>
internal static unsafe partial class LibC
{
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int inet_pton(int family, string text, byte* address);
}
