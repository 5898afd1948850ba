using System.Buffers;
using System.Text;
using System.Text.Json;
using SmtpServer;
using SmtpServer.Protocol;
using SmtpServer.Storage;

namespace IdLcm.MailServer;

/// <summary>Takes every mail and prints it.</summary>
internal sealed class PrintingStore : MessageStore
{
    public override Task<SmtpResponse> SaveAsync(ISessionContext context, IMessageTransaction transaction, ReadOnlySequence<byte> buffer, CancellationToken cancellationToken)
    {
        var mail = new
        {
            To = transaction.To.Select(mailbox => $"{mailbox.User}@{mailbox.Host}"),
            User = context.Authentication.IsAuthenticated ? context.Authentication.User : null,
            context.Pipe.IsSecure,
            Text = Encoding.UTF8.GetString(buffer.ToArray()),
        };
        Console.WriteLine(JsonSerializer.Serialize(mail));
        return Task.FromResult(SmtpResponse.Ok);
    }
}
