using System.Net;
using System.Text;
using IdLcm.Samples.Testing;

namespace IdLcm.EndToEnd.Tests;

public sealed class SecrecyTests
{
    private const string Password = "Planted-pa55word-91f3!";
    private const string Totp = "KRSXG5CTMVRXEZLU";
    private const string NewPassword = "Planted-second-7c21!";

    [Fact]
    public async Task Planted_secrets_are_found_in_no_record_history_log_or_evidence()
    {
        await using var product = await Product.StartAsync(
            new() { AdminPassword = Password, AdminTotp = Totp, Members = 3, Seats = 50 },
            body => body["serviceAccount"]!["password"] = Password);
        Assert.Equal("Succeeded", (string?)(await product.OperationAsync(product.ValidationOperationId))["status"]);

        // A success, a failure with every kind of evidence, a failed sign-in, a password in the SCIM body.
        var id = await product.CreateAsync("ada@example.test", extra: $",\"password\":\"{NewPassword}\"");
        await product.SettledAsync(id, "Onboarded");
        product.Sample.Faults.Current = FaultSettings.Parse("""{"renamedLabels":{"Send invite":"Invite now","Authentication code":"Your code"}}""");
        product.Sample.Faults.ExpireSessions();
        var failing = await product.CreateAsync("bob@example.test");
        var operationId = (string)(await product.UserAsync(failing))["openOperationId"]!;
        await Product.UntilAsync(
            async () => (int)(await product.OperationAsync(operationId))["attempt"]! >= 2, TimeSpan.FromSeconds(90), product.ReadLog);
        await product.ApiAsync(
            HttpMethod.Put, $"integrations/{product.IntegrationId}/service-account",
            new System.Text.Json.Nodes.JsonObject { ["userName"] = "admin@sample.test", ["password"] = "Planted-wrong-0d44!" });
        await Product.UntilAsync(
            async () => (await product.OperationAsync(operationId))["failure"] is not null, TimeSpan.FromSeconds(60), product.ReadLog);
        await product.StopGatewayAsync();

        var searched = 0;
        foreach (var file in Directory.EnumerateFiles(product.Directory, "*", SearchOption.AllDirectories))
        {
            // The sample app keeps its own administrator's password: that is the app's business.
            if (file.StartsWith(Path.Combine(product.Directory, "sample"), StringComparison.Ordinal))
            {
                continue;
            }

            foreach (var (name, content) in StoredFile.Contents(file))
            {
                searched++;
                foreach (var secret in (string[])[Password, Totp, NewPassword, "Planted-wrong-0d44!"])
                {
                    foreach (var form in (string[])[secret, Uri.EscapeDataString(secret), WebUtility.HtmlEncode(secret), Convert.ToBase64String(Encoding.UTF8.GetBytes(secret))])
                    {
                        Assert.True(content.AsSpan().IndexOf(Encoding.UTF8.GetBytes(form)) < 0, $"'{form}' stands in {name}.");
                        Assert.True(content.AsSpan().IndexOf(Encoding.Unicode.GetBytes(form)) < 0, $"'{form}' stands in {name} as UTF-16.");
                    }
                }
            }
        }

        Assert.True(searched > 10, $"Only {searched} places were searched.");
    }
}
