#nullable disable
using System.Globalization;
using System.Text.Json;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables.Models;

namespace Azure.Data.Tables
{
    /// <summary>Speaks https://learn.microsoft.com/rest/api/storageservices/table-service-rest-api.</summary>
    public partial class TableClient
    {
        private readonly HttpPipeline _pipeline;
        private readonly string _version;

        internal TableClient(HttpPipeline pipeline, Uri endpoint, string tableName, string accountName, string version)
        {
            _pipeline = pipeline;
            _version = version;
            Service = endpoint.AbsoluteUri.TrimEnd('/');
            (Name, AccountName, Uri) = (tableName, accountName, new Uri($"{Service}/{tableName}"));
        }

        protected TableClient()
        {
        }

        public virtual string Name { get; }

        public virtual string AccountName { get; }

        public virtual Uri Uri { get; }

        private string Service { get; }

        public static string CreateQueryFilter(FormattableString filter) =>
            string.Format(CultureInfo.InvariantCulture, filter.Format, [.. filter.GetArguments().Select(static argument => (object)Literal(argument))]);

        public virtual async Task<Response<TableItem>> CreateIfNotExistsAsync(CancellationToken cancellationToken = default)
        {
            using var message = Message(RequestMethod.Post, $"{Service}/Tables");
            message.Request.Headers.SetValue("Content-Type", "application/json");
            message.Request.Headers.SetValue("Prefer", "return-no-content");
            message.Request.Content = RequestContent.Create(JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string>(StringComparer.Ordinal) { ["TableName"] = Name }));
            await _pipeline.SendAsync(message, cancellationToken);
            return message.Response.Status switch
            {
                201 or 204 => Response.FromValue(new TableItem(Name), message.Response),
                409 => null,
                _ => throw TableWire.Failure(message.Response),
            };
        }

        public virtual async Task<NullableResponse<T>> GetEntityIfExistsAsync<T>(
            string partitionKey, string rowKey, IEnumerable<string> select = null, CancellationToken cancellationToken = default)
            where T : class, ITableEntity
        {
            var url = $"{Uri.AbsoluteUri}{TableWire.Address(partitionKey, rowKey)}"
                + (select is null ? "" : "?$select=" + string.Join(',', select));
            using var message = Message(RequestMethod.Get, url);
            await _pipeline.SendAsync(message, cancellationToken);
            if (message.Response.Status == 404)
            {
                return new Missing<T>(message.Response);
            }

            if (message.Response.Status != 200)
            {
                throw TableWire.Failure(message.Response);
            }

            using var document = JsonDocument.Parse(message.Response.Content);
            var entity = TableWire.Read(document.RootElement);
            if (message.Response.Headers.ETag is { } etag)
            {
                entity.ETag = etag;
            }

            return Response.FromValue((T)(ITableEntity)entity, message.Response);
        }

        public virtual AsyncPageable<T> QueryAsync<T>(
            string filter = null, int? maxPerPage = null, IEnumerable<string> select = null, CancellationToken cancellationToken = default)
            where T : class, ITableEntity => new Pages<T>(this, filter, maxPerPage, select is null ? null : string.Join(',', select), cancellationToken);

        public virtual async Task<Response<IReadOnlyList<Response>>> SubmitTransactionAsync(
            IEnumerable<TableTransactionAction> transactionActions, CancellationToken cancellationToken = default)
        {
            var (body, contentType) = TableBatch.Write(Uri.AbsoluteUri, [.. transactionActions]);
            using var message = Message(RequestMethod.Post, $"{Service}/$batch");
            message.Request.Headers.SetValue("Content-Type", contentType);
            message.Request.Content = RequestContent.Create(body);
            await _pipeline.SendAsync(message, cancellationToken);
            return message.Response.Status == 202
                ? Response.FromValue(TableBatch.Read(message.Response), message.Response)
                : throw TableWire.Failure(message.Response);
        }

        private static string Literal(object argument) => argument switch
        {
            string text => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'",
            DateTimeOffset moment => $"datetime'{moment.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture)}'",
            int number => number.ToString(CultureInfo.InvariantCulture),
            _ => throw new NotSupportedException($"A filter with a {argument?.GetType()}."),
        };

        private HttpMessage Message(RequestMethod method, string url)
        {
            var message = _pipeline.CreateMessage();
            message.Request.Method = method;
            message.Request.Uri.Reset(new Uri(url));
            message.Request.Headers.SetValue("x-ms-version", _version);
            message.Request.Headers.SetValue("DataServiceVersion", "3.0");
            message.Request.Headers.SetValue("Accept", "application/json;odata=minimalmetadata");
            return message;
        }

        private sealed class Missing<T>(Response response) : NullableResponse<T>
        {
            public override bool HasValue => false;

            public override T Value => throw new InvalidOperationException("There is no such entity.");

            public override Response GetRawResponse() => response;
        }

        private sealed class Pages<T>(TableClient table, string filter, int? maxPerPage, string select, CancellationToken cancellationToken)
            : AsyncPageable<T>(cancellationToken)
            where T : class, ITableEntity
        {
            public override async IAsyncEnumerable<Page<T>> AsPages(string continuationToken = null, int? pageSizeHint = null)
            {
                do
                {
                    var page = await ReadAsync(continuationToken, pageSizeHint ?? maxPerPage);
                    yield return page;
                    continuationToken = page.ContinuationToken;
                }
                while (continuationToken is not null);
            }

            private async Task<Page<T>> ReadAsync(string continuation, int? top)
            {
                List<string> query = [];
                Add("$filter", filter);
                Add("$select", select);
                Add("$top", top?.ToString(CultureInfo.InvariantCulture));
                var next = continuation?.Split(' ');
                Add("NextPartitionKey", next?[0]);
                Add("NextRowKey", next?[1]);
                using var message = table.Message(RequestMethod.Get, $"{table.Uri.AbsoluteUri}()?{string.Join('&', query)}");
                await table._pipeline.SendAsync(message, CancellationToken);
                var response = message.Response;
                if (response.Status != 200)
                {
                    throw TableWire.Failure(response);
                }

                using var document = JsonDocument.Parse(response.Content);
                var entities = document.RootElement.GetProperty("value").EnumerateArray().Select(static item => (T)(ITableEntity)TableWire.Read(item)).ToList();
                var token = response.Headers.TryGetValue("x-ms-continuation-NextPartitionKey", out var partition)
                    ? $"{partition} {(response.Headers.TryGetValue("x-ms-continuation-NextRowKey", out var row) ? row : "")}"
                    : null;
                return Page<T>.FromValues(entities, token, response);

                void Add(string name, string value)
                {
                    if (!string.IsNullOrEmpty(value))
                    {
                        query.Add($"{name}={System.Uri.EscapeDataString(value)}");
                    }
                }
            }
        }
    }
}

namespace Azure.Data.Tables.Models
{
    public class TableItem
    {
        public TableItem(string name) => Name = name;

        public string Name { get; }
    }
}
