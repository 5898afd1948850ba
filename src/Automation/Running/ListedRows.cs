using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using IdLcm.Domain.Connectors;

namespace IdLcm.Automation.Running;

/// <summary>
/// Takes the rows of a list as they are read, each account once, and hands them on page by page or keeps them. What it
/// remembers of a row that it handed on is 16 bytes, so that a list of any length is told to be complete in little memory.
/// </summary>
/// <param name="identifierField">The field with the primary identifier.</param>
/// <param name="sink">Takes the rows; null to keep them.</param>
/// <param name="wanted">Keeps or hands on only these; null for all. The others are counted.</param>
/// <param name="progressed">Told of each page.</param>
internal sealed class ListedRows(string identifierField, IRowSink? sink = null, Func<JsonObject, bool>? wanted = null, Action? progressed = null)
{
    private readonly List<JsonObject> kept = [];
    private readonly HashSet<UInt128> earlierParts = [];
    private readonly HashSet<UInt128> part = [];
    private readonly HashSet<UInt128> pages = [];
    private IReadOnlyList<KeyValuePair<string, string?>> common = [];

    /// <summary>The rows, where no sink takes them.</summary>
    public IReadOnlyList<JsonObject> Kept => kept;

    /// <summary>How many rows of all parts were taken.</summary>
    public int Count { get; private set; }

    /// <summary>How many different rows the part that is being read has so far.</summary>
    public int CountOfPart { get; private set; }

    /// <summary>What the last page said of the app's seats.</summary>
    public ListedSeats? Seats { get; set; }

    /// <summary>A part of the list begins: an account that an earlier one showed is not taken again, and pages may look like those before.</summary>
    /// <param name="values">Fields that all rows of the part have.</param>
    public void BeginPart(IReadOnlyList<KeyValuePair<string, string?>> values)
    {
        common = values;
        earlierParts.UnionWith(part);
        part.Clear();
        pages.Clear();
        CountOfPart = 0;
    }

    /// <summary>Whether a page of the part looked like this before.</summary>
    public bool SawPage(string content) => pages.Contains(Digest(content));

    /// <summary>Remembers how a page looks.</summary>
    /// <returns>False when one before looked the same.</returns>
    public bool NotePage(string content) => pages.Add(Digest(content));

    /// <summary>Takes the rows of a page.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="cancellationToken">Cancels the hand-over.</param>
    /// <param name="shownAgain">True for a page that grows and shows again what it has shown: equal rows are one, with an identifier or without.</param>
    public async ValueTask TakeAsync(IEnumerable<JsonObject> rows, CancellationToken cancellationToken, bool shownAgain = false)
    {
        var taken = new List<JsonObject>();
        foreach (var row in rows)
        {
            var key = Identifier(row)?.ToUpperInvariant() is { } identifier ? Digest(identifier) : shownAgain ? Digest(row.ToJsonString()) : (UInt128?)null;
            if (key is { } known && !part.Add(known))
            {
                continue;
            }

            CountOfPart++;
            if (key is { } shown && earlierParts.Contains(shown))
            {
                continue;
            }

            Count++;
            foreach (var (name, value) in common)
            {
                row[name] = value;
            }

            if (wanted?.Invoke(row) is not false)
            {
                taken.Add(row);
            }
        }

        progressed?.Invoke();
        if (sink is null)
        {
            kept.AddRange(taken);
        }
        else if (taken.Count > 0)
        {
            await sink.TakeAsync(taken, cancellationToken);
        }
    }

    /// <summary>The primary identifier of a row, or null.</summary>
    public string? Identifier(JsonObject row) => (row[identifierField] as JsonValue)?.ToString();

    private static UInt128 Digest(string text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(MemoryMarshal.AsBytes(text.AsSpan()), hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }
}
