using System.Collections.Concurrent;
using IdLcm.Domain.Storage;

namespace IdLcm.LocalHost.Storage;

/// <summary>
/// The one database file of the embedded edition, <c>idlcm.db</c>: WAL, full synchronous, one writer with group
/// commit, and read-only connections that never wait for it. The record store and the workflow engine share it.
/// </summary>
internal sealed class SqliteDatabase : IDisposable
{
    private const int MaxIdleReaders = 8;

    private readonly ConcurrentBag<SqliteReader> _idle = [];
    private readonly DatabaseLock _lock;
    private readonly GroupCommitter _committer;
    private readonly string _path;
    private int _disposed;

    private SqliteDatabase(string directory, DatabaseLock @lock)
    {
        _lock = @lock;
        DataDirectory = directory;
        _path = Path.Combine(directory, "idlcm.db");

        // The data directory may be open to others; SQLite gives the WAL the mode of the database file.
        PrivateDirectory.CreateFile(_path);
        _committer = new GroupCommitter(_path);
    }

    /// <summary>The directory that the database is in.</summary>
    public string DataDirectory { get; }

    /// <summary>Opens the database of a data directory, which is created (mode 0700) where it is missing.</summary>
    /// <param name="directory">The data directory.</param>
    /// <returns>The database; this process owns it until it is disposed.</returns>
    /// <exception cref="DatabaseInUseException">Another process owns it.</exception>
    /// <exception cref="RecordStoreUnavailableException">The file cannot be opened as a database.</exception>
    public static SqliteDatabase Open(string directory)
    {
        SqliteLibrary.Initialize();
        directory = Path.GetFullPath(directory);
        PrivateDirectory.Create(directory);
        var @lock = DatabaseLock.Acquire(directory);
        try
        {
            return new SqliteDatabase(directory, @lock);
        }
        catch (SqliteFailureException failure)
        {
            @lock.Dispose();
            throw new RecordStoreUnavailableException($"The database in '{directory}' cannot be opened. {failure.Message}", failure);
        }
        catch
        {
            @lock.Dispose();
            throw;
        }
    }

    /// <summary>Runs DDL in a transaction of its own and waits for it. Write it so that it may run at every start.</summary>
    /// <param name="ddl">Statements such as <c>CREATE TABLE IF NOT EXISTS</c>.</param>
    public void EnsureSchema(string ddl) => WriteAsync(writer =>
    {
        writer.Execute(ddl);
        return true;
    }).GetAwaiter().GetResult();

    /// <summary>
    /// Runs work in a transaction that it may share with other work, and completes when that is durable (fsync).
    /// </summary>
    /// <typeparam name="T">The type of the result.</typeparam>
    /// <param name="work">
    /// The work, run on the writer's thread: short, without waiting, without BEGIN or COMMIT. It sees what earlier work
    /// of its group wrote. It should check before it writes, and return a refusal without having written. If it throws,
    /// what it wrote is undone, alone. It may be run more than once (when other work of its group threw), so it must
    /// not change anything but the database; for the rest there is <see cref="SqliteWriter.Enlist"/>.
    /// </param>
    /// <param name="weight">About how many bytes it writes, if they are many.</param>
    /// <param name="cancellationToken">Cancels the wait for the turn; work that has begun is finished.</param>
    /// <returns>What the work returned.</returns>
    /// <exception cref="RecordStoreUnavailableException">The database could not be written (disk full, I/O); nothing was changed.</exception>
    public Task<T> WriteAsync<T>(Func<SqliteWriter, T> work, int weight = 0, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(cancellationToken);
        }

        var item = new WriteItem<T>(work, cancellationToken) { Weight = weight };
        _committer.Add(item);
        return item.Completion;
    }

    /// <summary>Reads on the caller's thread, without waiting for writers.</summary>
    /// <typeparam name="T">The type of the result.</typeparam>
    /// <param name="work">The reads. Each statement sees all that was committed before its first step.</param>
    /// <returns>What the work returned.</returns>
    /// <exception cref="RecordStoreUnavailableException">The database could not be read.</exception>
    public T Read<T>(Func<SqliteReader, T> work) => Read(work, static (reader, inner) => inner(reader));

    /// <summary>Reads on the caller's thread, without a closure.</summary>
    /// <typeparam name="TState">The type of the argument.</typeparam>
    /// <typeparam name="T">The type of the result.</typeparam>
    /// <param name="state">An argument of the work.</param>
    /// <param name="work">The reads.</param>
    /// <returns>What the work returned.</returns>
    /// <exception cref="RecordStoreUnavailableException">The database could not be read.</exception>
    public T Read<TState, T>(TState state, Func<SqliteReader, TState, T> work)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        SqliteReader? reader = null;
        try
        {
            reader = _idle.TryTake(out var idle) ? idle : new SqliteReader(_path);
            var result = work(reader, state);
            GiveBack(reader);
            return result;
        }
        catch (SqliteFailureException failure)
        {
            reader?.Dispose();
            if (failure.IsUnavailable)
            {
                throw new RecordStoreUnavailableException("The database could not be read. " + failure.Message, failure);
            }

            throw;
        }
        catch
        {
            if (reader is not null)
            {
                GiveBack(reader);
            }

            throw;
        }
    }

    /// <summary>Finishes the writes that are queued, closes the file and gives up its ownership.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        while (_idle.TryTake(out var reader))
        {
            reader.Dispose();
        }

        _committer.Dispose();
        _lock.Dispose();
    }

    private void GiveBack(SqliteReader reader)
    {
        if (_idle.Count >= MaxIdleReaders || Volatile.Read(ref _disposed) != 0)
        {
            reader.Dispose();
        }
        else
        {
            _idle.Add(reader);
        }
    }
}
