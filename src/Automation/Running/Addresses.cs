using IdLcm.Automation.Format;

namespace IdLcm.Automation.Running;

/// <summary>Addresses of placeholders.</summary>
internal static class Addresses
{
    /// <summary>The address with its values URL-encoded; null where a value is <c>.</c> or <c>..</c>, which no encoding keeps from meaning another path.</summary>
    public static string? Resolve(Template template, Scope scope)
    {
        var climbs = false;
        var text = template.Resolve(scope, out _, value =>
        {
            climbs |= value is "." or "..";
            return Uri.EscapeDataString(value);
        });
        return climbs ? null : text;
    }
}
