namespace IdLcm.Samples.Members;

internal static class MemberRoutes
{
    public static void MapMembers(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/members", MembersPage.Show);
        pages.MapGet("/members/invite", InvitePage.Show);
        pages.MapPost("/members/invite", InvitePage.Send);
        pages.MapGet("/members/{id:int}", MemberPage.Show);
        pages.MapPost("/members/{id:int}", MemberPage.Save);
        pages.MapPost("/members/{id:int}/suspend", MemberPage.Press((w, id, actor) => w.Suspend(id, actor)));
        pages.MapPost("/members/{id:int}/reactivate", MemberPage.Press((w, id, actor) => w.Reactivate(id, actor)));
        pages.MapPost("/members/{id:int}/resend", MemberPage.Press((w, id, actor) => w.Resend(id, actor)));
        pages.MapPost("/members/{id:int}/remove", MemberPage.Press((w, id, actor) => w.Remove(id, actor), leads: true));
        pages.MapPost("/members/{id:int}/password", MemberPage.SetPassword);
        pages.MapPost("/members/{id:int}/sign-out", MemberPage.SignOutEverywhere);
        pages.MapGet("/outbox", InvitationPages.Outbox);
        pages.MapGet("/accept/{token}", InvitationPages.Show);
        pages.MapPost("/accept/{token}", InvitationPages.Accept);
    }
}
