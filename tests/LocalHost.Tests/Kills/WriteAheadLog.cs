using System.Buffers.Binary;

namespace IdLcm.LocalHost.Tests.Kills;

/// <summary>
/// The commits that a SQLite write-ahead log holds, in order (https://www.sqlite.org/fileformat2.html, section 4). A log that is cut
/// after one of them, beside the database file as it was before the log was begun, is what a process leaves that is killed there.
/// </summary>
/// <param name="log">The log's bytes.</param>
internal sealed class WriteAheadLog(byte[] log)
{
    private const int HeaderLength = 32;
    private const int FrameHeaderLength = 24;

    /// <summary>Which log it is: another one after each time that it was begun anew.</summary>
    public ReadOnlySpan<byte> Salt => log.AsSpan(16, 8);

    /// <summary>How long the log was after each commit.</summary>
    public IReadOnlyList<int> Commits { get; } = [.. FindCommits(log)];

    /// <summary>The log as it was after a commit.</summary>
    public ReadOnlySpan<byte> Until(int length) => log.AsSpan(0, length);

    private static IEnumerable<int> FindCommits(byte[] log)
    {
        var frame = FrameHeaderLength + (int)BinaryPrimitives.ReadUInt32BigEndian(log.AsSpan(8));
        for (var at = HeaderLength; at + frame <= log.Length; at += frame)
        {
            // Frames of an earlier round have other salts and are no part of the log.
            if (!log.AsSpan(at + 8, 8).SequenceEqual(log.AsSpan(16, 8)))
            {
                yield break;
            }

            // The size of the database after it, in pages, marks the last frame of a transaction.
            if (BinaryPrimitives.ReadUInt32BigEndian(log.AsSpan(at + 4)) > 0)
            {
                yield return at + frame;
            }
        }
    }
}
