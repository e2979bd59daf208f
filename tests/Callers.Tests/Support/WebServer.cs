using System.Globalization;

namespace KataActors.Callers.Tests.Support;

/// <summary>Shell commands of a server and its clients, all of busybox, whose wget needs libraries of the host.</summary>
internal static class WebServer
{
    /// <summary>Serves one page at port 80.</summary>
    public const string Serve = "mkdir /tmp/www && echo hello > /tmp/www/index.html && exec busybox httpd -f -p 80 -h /tmp/www";

    /// <summary>Fetches that page, <c>hello</c>; waits until the server listens.</summary>
    public static string Fetch(string address, int port = 80) => string.Create(
        CultureInfo.InvariantCulture,
        $"n=0; until printf 'GET / HTTP/1.0\r\n\r\n' | busybox nc -w 5 {address} {port} | busybox grep hello; do n=$((n + 1)); [ $n -lt 20 ] || exit 9; sleep 0.5; done");
}
