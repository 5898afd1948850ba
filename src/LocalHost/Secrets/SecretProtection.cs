using System.Security.Cryptography;
using System.Text;
using IdLcm.LocalHost.Storage;
using Microsoft.AspNetCore.DataProtection;

namespace IdLcm.LocalHost.Secrets;

/// <summary>
/// Encrypts values with ASP.NET Data Protection. The keys are in <c>keys</c> of the data directory (mode 0700) and rotate
/// by themselves; old ones stay, so that old values stay readable.
/// </summary>
internal sealed class SecretProtection
{
    private readonly HashSet<string> _synced = new(StringComparer.Ordinal);
    private readonly string _keys;
    private readonly IDataProtectionProvider _provider;

    /// <summary>Opens the keys of a data directory.</summary>
    /// <param name="dataDirectory">The data directory.</param>
    public SecretProtection(string dataDirectory)
    {
        _keys = Path.Combine(dataDirectory, "keys");
        PrivateDirectory.Own(_keys);
        _provider = DataProtectionProvider.Create(new DirectoryInfo(_keys), static builder => builder.SetApplicationName("IdLcm"));
    }

    /// <summary>Encrypts a value for one version of one secret; the keys it needs are durable when this returns.</summary>
    /// <param name="name">The secret.</param>
    /// <param name="version">The version.</param>
    /// <param name="value">The value.</param>
    /// <returns>The ciphertext.</returns>
    public byte[] Protect(string name, string version, string value)
    {
        var plaintext = Encoding.UTF8.GetBytes(value);
        try
        {
            var ciphertext = ProtectorOf(name, version).Protect(plaintext);
            SyncKeys();
            return ciphertext;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plaintext);
        }
    }

    /// <summary>Decrypts a value.</summary>
    /// <param name="name">The secret that it was encrypted for.</param>
    /// <param name="version">The version.</param>
    /// <param name="ciphertext">The ciphertext.</param>
    /// <returns>The value.</returns>
    /// <exception cref="SecretUnreadableException">It cannot be decrypted.</exception>
    public string Unprotect(string name, string version, byte[] ciphertext)
    {
        byte[] plaintext;
        try
        {
            plaintext = ProtectorOf(name, version).Unprotect(ciphertext);
        }
        catch (CryptographicException failure)
        {
            throw new SecretUnreadableException(
                $"Version {version} of the secret '{name}' cannot be decrypted with the keys in '{_keys}'. "
                + "If the data directory was restored, restore its keys as well; otherwise store the secret anew.",
                failure);
        }

        try
        {
            return Encoding.UTF8.GetString(plaintext);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plaintext);
        }
    }

    // Bound to name and version, so that a file copied over another secret's does not open.
    private IDataProtector ProtectorOf(string name, string version) =>
        _provider.CreateProtector("IdLcm.Secrets.v1", name, version);

    /// <summary>Data Protection writes a key without fsync; a value must not be durable before the key that opens it.</summary>
    private void SyncKeys()
    {
        var added = false;
        foreach (var path in Directory.EnumerateFiles(_keys))
        {
            if (_synced.Contains(path))
            {
                continue;
            }

            using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            file.Flush(flushToDisk: true);
            _synced.Add(path);
            added = true;
        }

        if (added)
        {
            DurableFile.SyncDirectory(_keys);
        }
    }
}
