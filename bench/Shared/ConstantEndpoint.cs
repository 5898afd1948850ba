using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace IdLcm.Bench;

/// <summary>
/// The yardstick of a request's fixed cost: Kestrel with one route, which reads the request's body and answers with as
/// many constant bytes as its path names.
/// </summary>
internal static class ConstantEndpoint
{
    public const string Argument = "--constant-endpoint";

    /// <summary>Runs the server when this process was started for it.</summary>
    /// <returns>True when it was; the process should end.</returns>
    public static async Task<bool> RunIfAskedAsync(string[] args)
    {
        if (args is not [Argument, var port])
        {
            return false;
        }

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}").ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        var app = builder.Build();
        var answers = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        app.Map("/{size}", async http =>
        {
            var size = (string)http.Request.RouteValues["size"]!;
            byte[]? answer;
            lock (answers)
            {
                if (!answers.TryGetValue(size, out answer))
                {
                    answers.Add(size, answer = new byte[int.Parse(size, CultureInfo.InvariantCulture)]);
                    answer.AsSpan().Fill((byte)'x');
                }
            }

            while (http.Request.ContentLength > 0 && await http.Request.BodyReader.ReadAsync() is var read)
            {
                http.Request.BodyReader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                {
                    break;
                }
            }

            http.Response.ContentType = "application/scim+json";
            http.Response.ContentLength = answer.Length;
            await http.Response.BodyWriter.WriteAsync(answer);
        });
        await app.RunAsync();
        return true;
    }
}
