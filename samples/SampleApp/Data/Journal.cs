using System.Text.Json;
using System.Text.Json.Serialization;

namespace IdLcm.Samples.Data;

/// <summary>One committed change: whatever it holds is put over the state before it.</summary>
internal sealed record JournalEntry
{
    public IReadOnlyList<Member>? Members { get; init; }
    public int? RemovedMember { get; init; }
    public int? NextMemberId { get; init; }
    public IReadOnlyList<Mail>? Mails { get; init; }
    public WorkspaceSettings? Settings { get; init; }
    public long? LastCodeStep { get; init; }
    public AdminCredentials? Credentials { get; init; }
    public IReadOnlyList<AuditEntry>? Audit { get; init; }
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(JournalEntry))]
internal sealed partial class JournalJson : JsonSerializerContext;

/// <summary>
/// The workspace on disk: JSON lines, appended with one write each before the answer leaves, so that a killed process
/// has lost nothing it answered. A last line without its end was never answered and is cut off.
/// </summary>
internal sealed class Journal : IDisposable
{
    private readonly string path;
    private readonly FileStream owner;
    private FileStream file;

    private Journal(string path, FileStream owner, FileStream file) =>
        (this.path, this.owner, this.file) = (path, owner, file);

    /// <exception cref="IOException">Another process has this directory.</exception>
    public static Journal Open(string directory, Action<JournalEntry> apply)
    {
        Directory.CreateDirectory(directory);
        var ownership = new FileStream(
            Path.Combine(directory, "owner.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        var journal = Path.Combine(directory, "journal.jsonl");
        var bytes = File.Exists(journal) ? File.ReadAllBytes(journal) : [];
        var complete = bytes.AsSpan(0, bytes.AsSpan().LastIndexOf((byte)'\n') + 1);
        foreach (var line in complete.Split((byte)'\n'))
        {
            if (complete[line].Length > 0)
                apply(JsonSerializer.Deserialize(complete[line], JournalJson.Default.JournalEntry)!);
        }

        var lines = OpenAtEnd(journal);
        lines.SetLength(complete.Length);
        lines.Position = complete.Length;
        return new Journal(journal, ownership, lines);
    }

    /// <summary>Writes all of the entry or, when the disk refuses, none of it.</summary>
    public void Append(JournalEntry entry)
    {
        var end = file.Position;
        try
        {
            file.Write(Line(entry));
        }
        catch (IOException)
        {
            file.SetLength(end);
            file.Position = end;
            throw;
        }
    }

    /// <summary>Puts this entry in place of everything before, at once or not at all.</summary>
    public void Replace(JournalEntry entry)
    {
        var next = path + ".next";
        using (var target = new FileStream(next, FileMode.Create, FileAccess.Write))
        {
            target.Write(Line(entry));
            target.Flush(flushToDisk: true);
        }

        file.Dispose();
        File.Move(next, path, overwrite: true);
        file = OpenAtEnd(path);
    }

    public void Dispose()
    {
        file.Dispose();
        owner.Dispose();
    }

    /// <summary>Unbuffered: what was written has left the process.</summary>
    private static FileStream OpenAtEnd(string path)
    {
        var lines = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, bufferSize: 0);
        lines.Seek(0, SeekOrigin.End);
        return lines;
    }

    private static byte[] Line(JournalEntry entry) =>
        [.. JsonSerializer.SerializeToUtf8Bytes(entry, JournalJson.Default.JournalEntry), (byte)'\n'];
}
