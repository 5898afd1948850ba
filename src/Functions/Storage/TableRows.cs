using Azure;
using Azure.Data.Tables;
using IdLcm.Domain.Storage;

namespace IdLcm.Functions.Storage;

/// <summary>How a record lies in a table: an entity whose value is spread over binary properties of at most 64 KiB.</summary>
internal static class TableRows
{
    /// <summary>The property that holds a record's version, which is its ETag at the port.</summary>
    /// <remarks>The service's own ETag would not do: it changes when a commit only checks a row.</remarks>
    public const string Version = "v";

    // Records and commit markers share a partition; their prefixes keep them apart and are one character each and a bar.
    private const string Record = "r|";
    private const string EndOfRecords = "r}";

    // The limit of a binary property, https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model.
    private const int MaxPropertyBytes = 64 * 1024;

    private static readonly string[] Parts = ["d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7"];

    /// <summary>All that a read of the version alone asks for.</summary>
    public static IReadOnlyList<string> VersionOnly { get; } = [Version];

    /// <summary>The row key in the table.</summary>
    /// <param name="row">The row key at the port.</param>
    /// <returns>The key.</returns>
    public static string Key(string row) => Record + row;

    /// <summary>The row key at the port.</summary>
    /// <param name="entity">The entity of a record.</param>
    /// <returns>The key.</returns>
    public static string Row(TableEntity entity) => entity.RowKey[Record.Length..];

    /// <summary>The filter that finds a range of records.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="from">The first row, inclusive unless <paramref name="after"/>.</param>
    /// <param name="after">The first row itself is left out.</param>
    /// <param name="to">The end, exclusive; null for the end of the partition.</param>
    /// <returns>The filter.</returns>
    public static string Filter(string partition, string from, bool after, string? to)
    {
        var (first, end) = (Key(from), to is null ? EndOfRecords : Key(to));
        return after
            ? TableClient.CreateQueryFilter($"PartitionKey eq {partition} and RowKey gt {first} and RowKey lt {end}")
            : TableClient.CreateQueryFilter($"PartitionKey eq {partition} and RowKey ge {first} and RowKey lt {end}");
    }

    /// <summary>The entity that holds a value.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="row">The row key at the port.</param>
    /// <param name="version">The version to give it.</param>
    /// <param name="value">The value.</param>
    /// <returns>The entity.</returns>
    public static TableEntity Write(string partition, string row, string version, ReadOnlyMemory<byte> value)
    {
        var entity = new TableEntity(partition, Key(row)) { [Version] = version };
        for (var i = 0; i * MaxPropertyBytes < value.Length; i++)
        {
            entity[Parts[i]] = value.Slice(i * MaxPropertyBytes, Math.Min(MaxPropertyBytes, value.Length - (i * MaxPropertyBytes))).ToArray();
        }

        return entity;
    }

    /// <summary>The record that an entity holds.</summary>
    /// <param name="entity">The entity, with all its properties.</param>
    /// <returns>The record.</returns>
    /// <exception cref="InvalidDataException">The entity was not written by this store.</exception>
    public static StoredRecord Read(TableEntity entity)
    {
        var version = entity.GetString(Version)
            ?? throw new InvalidDataException($"The row '{entity.RowKey}' of partition '{entity.PartitionKey}' was not written by IdLCM: it has no version.");
        return new StoredRecord(Row(entity), Value(entity), version);
    }

    private static ReadOnlyMemory<byte> Value(TableEntity entity)
    {
        var count = 0;
        while (count < Parts.Length && entity.ContainsKey(Parts[count]))
        {
            count++;
        }

        if (count <= 1)
        {
            return count == 0 ? default : entity.GetBinary(Parts[0]);
        }

        var value = new byte[((count - 1) * MaxPropertyBytes) + entity.GetBinary(Parts[count - 1]).Length];
        for (var i = 0; i < count; i++)
        {
            entity.GetBinary(Parts[i]).CopyTo(value, i * MaxPropertyBytes);
        }

        return value;
    }
}

/// <summary>What the service is known to hold of a row.</summary>
/// <param name="Version">The version at the port.</param>
/// <param name="ETag">The service's ETag.</param>
internal sealed record RowState(string Version, ETag ETag);
