using System.Net.Mail;
using System.Text;
using IdLcm.Domain.Secrets;

namespace IdLcm.Gateway.Notifications;

/// <summary>The server that e-mail goes through. Section <c>Smtp</c> of the configuration.</summary>
public sealed class SmtpOptions
{
    /// <summary>The host; null where no e-mail is sent.</summary>
    public string? Host { get; set; }

    /// <summary>The port: 587 for submission (RFC 6409).</summary>
    public int Port { get; set; } = 587;

    /// <summary>True to demand TLS by STARTTLS (RFC 3207).</summary>
    public bool StartTls { get; set; } = true;

    /// <summary>The sender's address.</summary>
    public string From { get; set; } = "idlcm@localhost";

    /// <summary>The user name; null for no authentication.</summary>
    public string? UserName { get; set; }

    /// <summary>The name in the secret store of the password.</summary>
    public string PasswordSecret { get; set; } = "idlcm-smtp-password";
}

/// <summary>Sends e-mail through the configured server.</summary>
internal sealed class Mailer(ISecretStore secrets, SmtpOptions smtp)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Sends one message.</summary>
    /// <returns>Null when the server took it, else why it did not.</returns>
    public async Task<string?> SendAsync(IReadOnlyList<string> recipients, string subject, IReadOnlyList<string> lines, string deliveryId, CancellationToken cancellationToken)
    {
        if (smtp.Host is null)
        {
            return "no SMTP server is configured";
        }

        try
        {
            using var client = new SmtpClient(smtp.Host, smtp.Port) { EnableSsl = smtp.StartTls, Timeout = (int)Patience.TotalMilliseconds };
            if (smtp.UserName is { } userName && await secrets.GetAsync(smtp.PasswordSecret, cancellationToken) is { } password)
            {
                client.Credentials = new System.Net.NetworkCredential(userName, password.Value);
            }

            using var message = new MailMessage
            {
                From = new MailAddress(smtp.From, "IdLCM"),
                Subject = OneLine(subject),
                Body = string.Join("\r\n", lines),
                BodyEncoding = Encoding.UTF8,
                SubjectEncoding = Encoding.UTF8,
            };
            message.Headers.Add("X-IdLCM-Delivery", deliveryId);
            foreach (var recipient in recipients)
            {
                message.To.Add(recipient);
            }

            await client.SendMailAsync(message, cancellationToken);
            return null;
        }
        catch (SmtpException error)
        {
            return $"{error.StatusCode}: {error.InnerException?.Message ?? error.Message}";
        }
        catch (FormatException)
        {
            return "the address is no e-mail address";
        }
    }

    /// <summary>A text on one line: a line break in a name must not begin another header.</summary>
    public static string OneLine(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
