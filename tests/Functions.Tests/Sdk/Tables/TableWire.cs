#nullable disable
using System.Globalization;
using System.Text.Json;
using Azure.Core;

namespace Azure.Data.Tables;

/// <summary>Entities and errors as the service writes them.</summary>
internal static class TableWire
{
    public static string Address(string partitionKey, string rowKey) => $"(PartitionKey='{Escape(partitionKey)}',RowKey='{Escape(rowKey)}')";

    public static TableEntity Read(JsonElement json)
    {
        var entity = new TableEntity();
        foreach (var property in json.EnumerateObject())
        {
            if (property.NameEquals("odata.etag"))
            {
                entity.ETag = new ETag(property.Value.GetString());
            }
            else if (!property.Name.Contains("odata.", StringComparison.Ordinal))
            {
                var type = json.TryGetProperty(property.Name + "@odata.type", out var named) ? named.GetString() : null;
                entity[property.Name] = property.Name == "Timestamp" ? property.Value.GetDateTimeOffset() : Value(property.Value, type);
            }
        }

        return entity;
    }

    public static void Write(Utf8JsonWriter json, ITableEntity entity)
    {
        json.WriteStartObject();
        foreach (var (name, value) in (TableEntity)entity)
        {
            switch (value)
            {
                case null:
                    break;
                case string text:
                    json.WriteString(name, text);
                    break;
                case byte[] bytes:
                    json.WriteString(name + "@odata.type", "Edm.Binary");
                    json.WriteBase64String(name, bytes);
                    break;
                case bool flag:
                    json.WriteBoolean(name, flag);
                    break;
                case int number:
                    json.WriteNumber(name, number);
                    break;
                case long number:
                    json.WriteString(name + "@odata.type", "Edm.Int64");
                    json.WriteString(name, number.ToString(CultureInfo.InvariantCulture));
                    break;
                default:
                    throw new NotSupportedException($"A property of type {value.GetType()}.");
            }
        }

        json.WriteEndObject();
    }

    public static RequestFailedException Failure(Response response) => new(response, null, new ErrorParser());

    private static object Value(JsonElement value, string type) => (type, value.ValueKind) switch
    {
        ("Edm.Binary", _) => value.GetBytesFromBase64(),
        ("Edm.Int64", _) => long.Parse(value.GetString(), CultureInfo.InvariantCulture),
        ("Edm.DateTime", _) => value.GetDateTimeOffset(),
        (_, JsonValueKind.String) => value.GetString(),
        (_, JsonValueKind.Number) => value.GetInt32(),
        (_, JsonValueKind.True or JsonValueKind.False) => value.GetBoolean(),
        _ => null,
    };

    private static string Escape(string key) => Uri.EscapeDataString(key.Replace("'", "''", StringComparison.Ordinal));

    private sealed class ErrorParser : RequestFailedDetailsParser
    {
        public override bool TryParse(Response response, out ResponseError error, out IDictionary<string, string> data)
        {
            (error, data) = (null, null);
            var content = response.Content.ToString();
            if (!content.TrimStart().StartsWith('{'))
            {
                return false;
            }

            using var document = JsonDocument.Parse(content);
            if (!document.RootElement.TryGetProperty("odata.error", out var details))
            {
                return false;
            }

            error = new ResponseError(details.GetProperty("code").GetString(), details.GetProperty("message").GetProperty("value").GetString());
            return true;
        }
    }
}
