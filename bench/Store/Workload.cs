using System.Security.Cryptography;
using System.Text;
using IdLcm.Domain.Storage;

namespace IdLcm.Bench.Store;

/// <summary>
/// What one accepted SCIM request commits, in shape: four new rows of 400 bytes in one partition. Two keys are random
/// (a hash index and an identifier), two grow (an operation and an activity event).
/// </summary>
internal static class Workload
{
    public const string Partition = "integration:0f8fad5b-d9cb-469f-a165-70867728950e";

    public const int RowsPerCommit = 4;

    public static readonly byte[] Value = RandomNumberGenerator.GetBytes(400);

    public static string[] Keys(int run, int number)
    {
        var id = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes($"{run}:{number}")));
        return [$"user:{id[..32]}", $"userName:{id[32..]}", $"operation:{run:D4}{number:D10}", $"activity:{run:D4}{number:D10}"];
    }

    public static RecordChange[] Changes(int run, int number) => [.. Keys(run, number).Select(key => RecordChange.Insert(key, Value))];
}
