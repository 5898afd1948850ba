using SmtpServer;
using SmtpServer.Authentication;

namespace IdLcm.MailServer;

/// <summary>Knows one account, or none.</summary>
internal sealed class OneAccount(string[]? account) : IUserAuthenticator
{
    public Task<bool> AuthenticateAsync(ISessionContext context, string user, string password, CancellationToken cancellationToken) =>
        Task.FromResult(account is [var name, var secret] && user == name && password == secret);
}
