import time, torch
torch.set_default_dtype(torch.float64); torch.manual_seed(0)
from torch.autograd import gradcheck, gradgradcheck
import torch.nn.functional as F
lab=torch.randint(0,10,(10,))
r=lambda *s: torch.randn(*s,requires_grad=True)
C={"tanh":(torch.tanh,(r(10,10),)),"matmul":(torch.matmul,(r(10,20),r(20,15))),"conv2d":(lambda x,w:F.conv2d(x,w),(r(2,3,7,7),r(4,3,3,3))),
"sce":(lambda x:F.cross_entropy(x,lab),(r(10,10),)),"bn":(lambda x,g,b:F.batch_norm(x,None,None,g,b,training=True),(r(8,5),r(5),r(5)))}
for n,(f,i) in C.items():
    out=[]
    for fast in (False,True):
        best=1e9
        for _ in range(5):
            a=time.perf_counter(); gradcheck(f,i,fast_mode=fast); gradgradcheck(f,i,fast_mode=fast); best=min(best,time.perf_counter()-a)
        out.append(best*1e3)
    print(f"{n:10s} slow {out[0]:8.1f} fast {out[1]:6.1f}")
