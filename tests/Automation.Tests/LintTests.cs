using IdLcm.Automation.Format;

namespace IdLcm.Automation.Tests;

public sealed class LintTests
{
    private static readonly string Sample = File.ReadAllText(Path.Combine(Lab.RepositoryRoot, "apps", "sample-workspace", "connector.yaml"));

    [Theory]
    [InlineData("    verify: { absent: { email: \"{identifier}\" }, within: 30s }\n", "", "unverified-write", "\n  delete:\n", 2)]
    [InlineData("name: Suspend, commit: true }", "name: Suspend }", "commit", "\n  deactivate:\n", 2)]
    [InlineData("name: Remove member }", "name: Remove member, commit: true }", "commit", "name: Remove, within", 0)]
    [InlineData("      - click: { role: button, name: Sign out }", "      - click: { role: button, name: Sign out, commit: true }", "commit", "name: Sign out, commit", 0)]
    [InlineData("{ role: button, name: Suspend, commit: true }", "{ css: \"#suspend\", commit: true }", "css-only", "#suspend", 0)]
    [InlineData("value: \"{password}\"", "value: hunter2!", "secret", "hunter2", 0)]
    [InlineData("goto: /roles", "goto: \"/roles?token=abcdef\"", "secret", "token=abcdef", 0)]
    [InlineData("label: App address", "label: ghp_0123456789abcdefghijABCDEFGHIJ012345", "secret", "ghp_", 0)]
    [InlineData("allowedHosts: [\"{appUrl}\"]", "allowedHosts: [\"{appUrl}\", \"*.com\"]", "wide-host", "*.com", 0)]
    [InlineData("allowedHosts: [\"{appUrl}\"]", "allowedHosts: [\"{appUrl}\", \"*\"]", "wide-host", "\"*\"", 0)]
    [InlineData("    pattern: \"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?\"\n", "", "wide-host", "  appUrl:", 0)]
    [InlineData("  resendInvite: true", "  resendInvite: false", "verb-without-capability", "  resendInvite:\n", 0)]
    [InlineData("  resendInvite:\n    steps:\n      - use: openMember\n      - click: { role: button, name: Resend invitation, commit: true }\n      - expect: { alert: Invitation sent }\n", "", "capability-without-verb", "  resendInvite: true", 0)]
    [InlineData("  mfa: [totp]", "  mfa: []", "verb-without-capability", "  mfa:", 0)]
    [InlineData("label: Email, value: \"{email}\" }\n      - select", "label: Email, value: \"{emial}\" }\n      - select", "unknown-placeholder", "{emial}", 0)]
    [InlineData("baseUrl: \"{appUrl}\"", "baseUrl: \"{settings.appURL}\"", "unknown-placeholder", "appURL", 0)]
    [InlineData("goto: \"/members?q={identifier}\"\n    - expect", "goto: \"/members?q={email}\"\n    - expect", "unknown-placeholder", "q={email}", 0)]
    [InlineData("      - use: openMember\n      - click: { role: button, name: Suspend", "      - use: openMembers\n      - click: { role: button, name: Suspend", "unknown-name", "openMembers", 0)]
    [InlineData("fragments:", "fragments:\n  loop: [use: loop]", "circular", "  loop:", 0)]
    [InlineData("fragments:", "fragments:\n  spare: [goto: /home]", "unused", "  spare:", 0)]
    [InlineData("  workspaceId:", "  region: { label: Region }\n  workspaceId:", "unused", "  region:", 0)]
    [InlineData("inputs: [roles]", "inputs: [roles, shoeSize]", "unknown-name", "inputs: [roles, shoeSize]", 0)]
    [InlineData("{ alert: That code is not valid., code: BadCredentials }", "{ alert: \"Wrong email or password. Again.\", code: MfaRequired }", "unreachable", "Again.", 0)]
    [InlineData("    expectCount: { text: \"{n} members\" }\n", "", "unproved-read", "    rows: { role: row, within: { role: table, name: Members } }", 0)]
    [InlineData("Suspended: suspended", "Suspended: disabled", "value", "Suspended: disabled", 0)]
    [InlineData("steps: [goto: /roles]", "steps: [http: {}]", "missing-key", "http: {}", 0)]
    [InlineData("steps: [goto: /roles]", "steps: [http: { url: /roles.json }]", "credential", "operations:", 0)]
    [InlineData("steps: [goto: /roles]", "steps: [http: { method: DELETE, url: /roles }]", "commit", "http: { method: DELETE", 0)]
    [InlineData("  methods: [password]", "  methods: [password, accessToken]", "capability-without-verb", "  methods: [password, accessToken]", 0)]
    [InlineData("    fields:\n      email: { column: Email }", "    fields:\n      email: { path: $.email }", "one-of", "path: $.email", 0)]
    [InlineData("    rows: { role: row, within: { role: table, name: Members } }", "    rows: { json: $.members }", "missing-key", "    rows: { json", 0)]
    [InlineData("required: true, primaryIdentifier: true }", "required: true }", "primary-identifier", "  attributes:", 0)]
    [InlineData("        department: \"{department}\"", "        division: \"{department}\"", "unknown-name", "      listed:", 0)]
    public void A_reviewers_finding_is_told_with_its_line(string right, string wrong, string rule, string lineOf, int below)
    {
        Assert.Contains(right, Sample, StringComparison.Ordinal);
        var at = Sample.IndexOf(right, StringComparison.Ordinal);
        var text = Sample[..at] + wrong + Sample[(at + right.Length)..];
        var line = text[..text.IndexOf(lineOf, StringComparison.Ordinal)].Count(c => c == '\n') + 1 + below;
        var found = ConnectorFile.Lint("connector.yaml", text).Diagnostics;
        Assert.True(found.Any(d => d.Rule == rule && d.Line == line), $"expected {rule} on line {line}, found:\n{string.Join('\n', found)}");
    }

    [Fact]
    public void Fragments_that_unfold_without_end_are_checked_in_bounded_time()
    {
        var fragments = string.Concat(Enumerable.Range(0, 60).Select(i => $"  f{i}: [use: f{i + 1}, use: f{i + 1}, use: f{i + 1}]\n"));
        var text = Sample.Replace("fragments:\n", "fragments:\n" + fragments + "  f60: [goto: /home]\n", StringComparison.Ordinal)
            .Replace("steps: [goto: /roles]", "steps: [use: f0]", StringComparison.Ordinal);
        var start = TimeProvider.System.GetTimestamp();
        Assert.DoesNotContain(ConnectorFile.Lint("connector.yaml", text).Diagnostics, d => d.Severity == DiagnosticSeverity.Error);
        Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(5));
    }
}
