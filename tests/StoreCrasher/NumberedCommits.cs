using System.Text;
using IdLcm.Domain.Storage;

namespace IdLcm.StoreCrasher;

/// <summary>Commits numbered records until it is killed, and prints each number once its commit is acknowledged.</summary>
public static class NumberedCommits
{
    public const string Partition = "numbered";

    /// <summary>Every commit writes this many rows, and its number into the row of its writer.</summary>
    public const int Parts = 3;

    private const int Writers = 8;

    public static string Row(int number, int part) => $"number:{number:D9}:{part}";

    /// <summary>Large enough that the rows of a commit do not share a page.</summary>
    public static string Value(int number, int part) => new((char)('a' + ((number + part) % 26)), 1500 + (number % 700));

    internal static async Task RunAsync(IRecordStore store, int firstNumber)
    {
        var next = firstNumber - 1;
        var console = new Lock();
        using var output = Console.OpenStandardOutput();
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            while (true)
            {
                var number = Interlocked.Increment(ref next);
                var changes = Enumerable.Range(0, Parts)
                    .Select(part => RecordChange.Insert(Row(number, part), Encoding.ASCII.GetBytes(Value(number, part))))
                    .Append(RecordChange.Upsert($"writer:{writer}", Encoding.ASCII.GetBytes($"{number}")))
                    .ToArray();
                var result = await store.CommitAsync(Partition, changes);
                var line = Encoding.ASCII.GetBytes(result.Committed ? $"{number}\n" : $"conflict {number}\n");
                lock (console)
                {
                    output.Write(line);
                }
            }
        })));
    }
}
