#nullable disable
using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Azure.Core;

namespace Azure.Data.Tables;

/// <summary>Entity-group transactions on the wire: https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions.</summary>
internal static class TableBatch
{
    public static (ReadOnlyMemory<byte> Body, string ContentType) Write(string table, IReadOnlyList<TableTransactionAction> actions)
    {
        var batch = $"batch_{Guid.NewGuid()}";
        var changeset = $"changeset_{Guid.NewGuid()}";
        var body = new ArrayBufferWriter<byte>(64 * 1024);
        Text($"--{batch}\r\nContent-Type: multipart/mixed; boundary={changeset}\r\n\r\n");
        foreach (var action in actions)
        {
            var (method, conditional, hasBody) = action.ActionType switch
            {
                TableTransactionActionType.Add => ("POST", false, true),
                TableTransactionActionType.UpdateMerge => ("PATCH", true, true),
                TableTransactionActionType.UpdateReplace => ("PUT", true, true),
                TableTransactionActionType.Delete => ("DELETE", true, false),
                TableTransactionActionType.UpsertMerge => ("PATCH", false, true),
                _ => ("PUT", false, true),
            };
            var address = action.ActionType == TableTransactionActionType.Add ? "" : TableWire.Address(action.Entity.PartitionKey, action.Entity.RowKey);
            Text($"--{changeset}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n");
            Text($"{method} {table}{address} HTTP/1.1\r\nAccept: application/json;odata=minimalmetadata\r\nDataServiceVersion: 3.0\r\n");
            if (conditional)
            {
                Text($"If-Match: {(action.ETag == default ? "*" : action.ETag.ToString("H"))}\r\n");
            }

            if (action.ActionType == TableTransactionActionType.Add)
            {
                Text("Prefer: return-no-content\r\n");
            }

            if (hasBody)
            {
                Text("Content-Type: application/json;odata=nometadata\r\n\r\n");
                using var json = new Utf8JsonWriter(body);
                TableWire.Write(json, action.Entity);
            }

            Text("\r\n");
            if (!hasBody)
            {
                Text("\r\n");
            }
        }

        Text($"--{changeset}--\r\n\r\n--{batch}--\r\n");
        return (body.WrittenMemory, $"multipart/mixed; boundary={batch}");

        void Text(string text) => Encoding.UTF8.GetBytes(text, body);
    }

    public static IReadOnlyList<Response> Read(Response response)
    {
        var parts = response.Content.ToString().Split("HTTP/1.1 ").Skip(1).Select(static part => new PartResponse(part)).ToList();
        var failed = parts.Find(static part => part.Status >= 400);
        return failed is null ? parts : throw new TableTransactionFailedException(TableWire.Failure(failed));
    }

    private sealed class PartResponse : Response
    {
        private readonly Dictionary<string, string> _headers = new(StringComparer.OrdinalIgnoreCase);

        public PartResponse(string part)
        {
            var lines = part.Split("\r\n");
            Status = int.Parse(lines[0].AsSpan(0, 3), CultureInfo.InvariantCulture);
            ReasonPhrase = lines[0][3..].Trim();
            var i = 1;
            for (; i < lines.Length && lines[i].Length > 0; i++)
            {
                var header = lines[i].Split(':', 2);
                if (header.Length == 2)
                {
                    _headers[header[0].Trim()] = header[1].Trim();
                }
            }

            var content = lines.Skip(i).FirstOrDefault(static line => line.StartsWith('{')) ?? "";
            ContentStream = new MemoryStream(Encoding.UTF8.GetBytes(content));
        }

        public override int Status { get; }

        public override string ReasonPhrase { get; }

        public override Stream ContentStream { get; set; }

        public override string ClientRequestId { get; set; }

        public override void Dispose() => ContentStream?.Dispose();

        protected override bool ContainsHeader(string name) => _headers.ContainsKey(name);

        protected override IEnumerable<HttpHeader> EnumerateHeaders() => _headers.Select(static header => new HttpHeader(header.Key, header.Value));

        protected override bool TryGetHeader(string name, [NotNullWhen(true)] out string value) => _headers.TryGetValue(name, out value);

        protected override bool TryGetHeaderValues(string name, [NotNullWhen(true)] out IEnumerable<string> values)
        {
            values = _headers.TryGetValue(name, out var value) ? [value] : null;
            return values is not null;
        }
    }
}
