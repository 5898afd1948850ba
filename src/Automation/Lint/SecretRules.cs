using System.Text.RegularExpressions;
using IdLcm.Automation.Format;

namespace IdLcm.Automation.Lint;

/// <summary>Secrets belong to the secret store; a connector is published.</summary>
internal static partial class SecretRules
{
    private const string Advice = "Secrets belong to the service account: use {password}, or a totp step.";

    private static readonly string[] FieldKeys = ["label", "placeholder", "name", "css", "testId"];

    public static void Check(YamlNode node, DiagnosticBag diagnostics, string key = "")
    {
        switch (node)
        {
            case YamlSequence sequence:
                foreach (var item in sequence.Items)
                {
                    Check(item, diagnostics, key);
                }

                break;
            case YamlMapping mapping:
                CheckFilled(mapping, diagnostics);
                foreach (var entry in mapping.Entries)
                {
                    Check(entry.Value, diagnostics, entry.Key.Value);
                }

                break;
            case YamlScalar scalar when KnownForm().IsMatch(scalar.Value) || InAddress().IsMatch(scalar.Value):
                diagnostics.Error(scalar.Mark, "secret", $"The value of '{key}' looks like a credential. {Advice}");
                break;
            case YamlScalar scalar when LooksRandom(scalar.Value):
                diagnostics.Warning(scalar.Mark, "secret", $"The value of '{key}' looks like a key or token. {Advice}");
                break;
        }
    }

    /// <summary>A fixed value that is typed into a field for passwords.</summary>
    private static void CheckFilled(YamlMapping mapping, DiagnosticBag diagnostics)
    {
        var field = FieldKeys.Select(k => (mapping.Find(k)?.Value as YamlScalar)?.Value).FirstOrDefault(v => v is not null);
        foreach (var key in (string[])["value", "default"])
        {
            if (mapping.Find(key)?.Value is YamlScalar { IsNull: false, Value: { Length: > 0 } value } scalar
                && field is not null && SecretField().IsMatch(field) && !value.Contains('{', StringComparison.Ordinal))
            {
                diagnostics.Error(scalar.Mark, "secret", $"A fixed value for \"{field}\" is a secret in a published file. {Advice}");
            }
        }
    }

    private static bool LooksRandom(string value) =>
        value.Length >= 32 && !value.Contains(' ', StringComparison.Ordinal) && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '+' or '/' or '=' or '_' or '-')
        && value.Count(char.IsAsciiDigit) >= 6 && value.Any(char.IsAsciiLetter);

    [GeneratedRegex("^(gh[pousr]_[A-Za-z0-9]{20,}|xox[abp]-[A-Za-z0-9-]{10,}|AKIA[0-9A-Z]{16}|sk-[A-Za-z0-9_-]{20,}|eyJ[A-Za-z0-9_-]{10,}\\.eyJ[A-Za-z0-9_-]{10,}\\..*|Bearer [A-Za-z0-9._-]{10,}|Basic [A-Za-z0-9+/=]{8,}|-----BEGIN .*)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex KnownForm();

    [GeneratedRegex("://[^/\\s{}]+:[^/@\\s{}]+@|[?&](password|passwd|pwd|token|access_token|api_?key|secret)=[^{&]", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex InAddress();

    [GeneratedRegex("passw|secret|token|api.?key|passcode|\\bpin\\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SecretField();
}
