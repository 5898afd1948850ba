using System.Reflection;
using System.Runtime.InteropServices;
using SQLitePCL;

namespace IdLcm.LocalHost.Storage;

/// <summary>
/// Binds SQLitePCLRaw to the operating system's SQLite, so that its security fixes arrive with the system's updates.
/// </summary>
internal static class SqliteLibrary
{
    // RETURNING and UPSERT on WITHOUT ROWID tables behave as used here from this version on (https://sqlite.org/changes.html).
    private const int MinimumVersion = 3_035_000;

    private static readonly string[] Candidates = ["libsqlite3.so.0", "libsqlite3.dylib", "winsqlite3", "libsqlite3"];

    private static readonly Lazy<string> Loaded = new(Load);

    /// <summary>Loads the library once for the process.</summary>
    /// <returns>Its version, for example <c>3.40.1</c>.</returns>
    /// <exception cref="DllNotFoundException">The system has no SQLite, or one that is too old.</exception>
    public static string Initialize() => Loaded.Value;

    private static string Load()
    {
        NativeLibrary.SetDllImportResolver(typeof(SQLite3Provider_e_sqlite3).Assembly, Resolve);
        raw.SetProvider(new SQLite3Provider_e_sqlite3());
        raw.FreezeProvider();
        var version = raw.sqlite3_libversion().utf8_to_string();
        return raw.sqlite3_libversion_number() >= MinimumVersion
            ? version
            : throw new DllNotFoundException($"The system's SQLite is {version}; 3.35.0 or later is needed.");
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != "e_sqlite3")
        {
            return 0;
        }

        foreach (var candidate in Candidates)
        {
            if (NativeLibrary.TryLoad(candidate, out var handle))
            {
                return handle;
            }
        }

        throw new DllNotFoundException(
            "SQLite is not installed: none of " + string.Join(", ", Candidates) + " could be loaded. On Debian and Ubuntu: apt-get install libsqlite3-0.");
    }
}
