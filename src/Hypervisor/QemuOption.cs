using System.Globalization;
using System.Text;

namespace KataActors.Hypervisor;

/// <summary>Writes one of QEMU's <c>kind,key=value,…</c> options. A comma in a value is doubled, as QEMU's option parser wants it.</summary>
internal sealed class QemuOption(string head)
{
    private readonly StringBuilder _text = new(head);

    public QemuOption With(string key, string value)
    {
        if (_text.Length > 0)
        {
            _text.Append(',');
        }

        _text.Append(key).Append('=').Append(value.Replace(",", ",,", StringComparison.Ordinal));
        return this;
    }

    public QemuOption With(string key, int value) => With(key, value.ToString(CultureInfo.InvariantCulture));

    public override string ToString() => _text.ToString();
}
