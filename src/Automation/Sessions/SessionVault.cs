using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using IdLcm.Domain.Secrets;

namespace IdLcm.Automation.Sessions;

/// <summary>A signed-in session as kept: cookies and local storage, and what must outlive the process with them.</summary>
internal sealed record StoredSession(string? State, DateTimeOffset SignedInAt, long LastTotpStep);

/// <summary>
/// Seals sessions with AES-256-GCM before they are stored. The key is a secret of the secret store; the account they
/// belong to is authenticated with them, so that one account's session cannot be passed off as another's.
/// </summary>
internal sealed class SessionVault(ISecretStore secrets, ISessionStorage storage) : IDisposable
{
    private const string KeySecret = "idlcm-session-key";
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    private readonly SemaphoreSlim keyLock = new(1);
    private byte[]? key;

    public async Task<StoredSession?> LoadAsync(string account, CancellationToken cancellationToken)
    {
        if (await storage.ReadAsync(Name(account), cancellationToken) is not { Length: > NonceBytes + TagBytes } sealedBytes)
        {
            return null;
        }

        using var cipher = new AesGcm(await KeyAsync(cancellationToken), TagBytes);
        var plain = new byte[sealedBytes.Length - NonceBytes - TagBytes];
        try
        {
            cipher.Decrypt(sealedBytes.AsSpan(0, NonceBytes), sealedBytes.AsSpan(NonceBytes + TagBytes), sealedBytes.AsSpan(NonceBytes, TagBytes), plain, Encoding.UTF8.GetBytes(account));
            return JsonSerializer.Deserialize<StoredSession>(plain);
        }
        catch (Exception error) when (error is CryptographicException or JsonException)
        {
            // Damaged, or sealed with a key that is no longer there: signing in again costs a few seconds.
            return null;
        }
    }

    public async Task SaveAsync(string account, StoredSession session, CancellationToken cancellationToken)
    {
        var plain = JsonSerializer.SerializeToUtf8Bytes(session);
        var sealedBytes = new byte[NonceBytes + TagBytes + plain.Length];
        RandomNumberGenerator.Fill(sealedBytes.AsSpan(0, NonceBytes));
        using var cipher = new AesGcm(await KeyAsync(cancellationToken), TagBytes);
        cipher.Encrypt(sealedBytes.AsSpan(0, NonceBytes), plain, sealedBytes.AsSpan(NonceBytes + TagBytes), sealedBytes.AsSpan(NonceBytes, TagBytes), Encoding.UTF8.GetBytes(account));
        await storage.WriteAsync(Name(account), sealedBytes, cancellationToken);
    }

    public void Dispose() => keyLock.Dispose();

    private static string Name(string account) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(account)));

    private async Task<byte[]> KeyAsync(CancellationToken cancellationToken)
    {
        await keyLock.WaitAsync(cancellationToken);
        try
        {
            if (key is null)
            {
                if (await secrets.GetAsync(KeySecret, cancellationToken) is not { } stored)
                {
                    var version = await secrets.SetAsync(KeySecret, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)), cancellationToken);
                    await secrets.PromoteAsync(KeySecret, version, cancellationToken);
                    stored = await secrets.GetAsync(KeySecret, cancellationToken)
                        ?? throw new InvalidOperationException("The secret store does not return the session key that was just stored.");
                }

                key = Convert.FromBase64String(stored.Value);
            }

            return key;
        }
        finally
        {
            keyLock.Release();
        }
    }
}
